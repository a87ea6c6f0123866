// One linear layer, of features that are brought to mean 0 and deviation 1 an example first (Ba et
// al. 2016, "Layer normalization", arXiv 1607.06450).
//
//   x' = (x - mean x) / deviation x * gain + bias            [N, F], where normalised
//   y  = x' W + b                                            [N, output]
//
// W [F, output], b [output], gain [F], bias [F]; an image [C, H, W] is read as F = C H W numbers.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class PluginName final : public Encoder {
 public:
  struct Options {
    bool normalise = false;
    double dropout = 0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("one linear layer of the features");
    schema.option("normalise", &Options::normalise, "bring each example to mean 0, deviation 1");
    schema.option("dropout", &Options::dropout, "of the features").range(0, 0.95);
  }

  PluginName(const Options& options, const EncoderSizes& sizes, const Parameters& parameters)
      : dropout_(options.dropout),
        width_(sizes.input_width()),
        W_(parameters.make("W", {width_, sizes.output}, init::glorot_uniform(),
                           {"features, output", ""})),
        b_(parameters.make("b", {sizes.output}, init::zeros(), {"output", ""})) {
    if (!options.normalise) return;
    gain_ = &parameters.make("gain", {width_}, init::constant(1), {"features", ""});
    bias_ = &parameters.make("bias", {width_}, init::zeros(), {"features", ""});
  }

  // features [N, F] or [N, C, H, W] -> [N, output]. No random stream: nothing is dropped.
  Var encode(Var features, RandomStream* random) override {
    Var x = reshape(features, {features.dim(0), width_});
    if (gain_ != nullptr) x = layer_norm(x, *gain_, *bias_);
    if (random != nullptr && dropout_ > 0) x = dropout(x, dropout_, *random);
    return affine(x, W_, b_);
  }

 private:
  double dropout_;
  std::int64_t width_;
  Parameter &W_, &b_;
  Parameter* gain_ = nullptr;  // null: not normalised
  Parameter* bias_ = nullptr;
};

}  // namespace

UNROLL_PLUGIN(encoder, "plugin_name", "0.1.0", PluginName)
