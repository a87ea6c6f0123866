// plugins/encoders/mlp.cpp of Unroll 0.1. Made by tools/freeze-abi.
// clang-format off
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Mlp final : public Encoder {
 public:
  struct Options {
    std::vector<std::int64_t> hidden = {64};
    std::string activation = "tanh";
    double dropout = 0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("Multilayer perceptron from the features to a state");
    schema.option("hidden", &Options::hidden, "widths of the hidden layers; may be empty");
    schema.option("activation", &Options::activation, "nonlinearity of the hidden layers")
        .choices({"tanh", "relu"});
    schema.option("dropout", &Options::dropout, "after every hidden layer").range(0, 0.95);
  }

  Mlp(const Options& options, const EncoderSizes& sizes, const Parameters& parameters)
      : layers_({options.hidden, options.activation, options.dropout}, sizes.input_width(),
                sizes.output, parameters) {}

  Var encode(Var features, RandomStream* dropout) override {
    const std::int64_t N = features.dim(0);
    return layers_(reshape(features, {N, features.value().size() / N}), dropout);
  }

 private:
  DenseLayers layers_;
};

}

UNROLL_PLUGIN(encoder, "mlp_0_1", "1.0.0", Mlp)
