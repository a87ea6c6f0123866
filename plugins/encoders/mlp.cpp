// Multilayer perceptron (Rumelhart et al. 1986): for each hidden width, then once more without
// the nonlinearity,
//
//   x' = f(x W + b)        W [K, M], b [M], f = tanh or relu
//
// with dropout after each of the hidden layers. Left out: normalisation.
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
      : relu_(options.activation == "relu"), dropout_(options.dropout) {
    std::vector<std::int64_t> widths = options.hidden;
    widths.push_back(sizes.output);
    std::int64_t input_width = sizes.input_width();
    for (const std::int64_t width : widths) {
      if (width < 1) fail(Failure::usage, "encoder mlp: a layer of width {}", width);
      const Parameters scope = parameters.scope("layer" + std::to_string(layers_.size()));
      layers_.push_back(
          {&scope.make("W", {input_width, width}, init::glorot_uniform(), {"input, output", {}}),
           &scope.make("b", {width}, init::zeros(), {"output", {}})});
      input_width = width;
    }
  }

  Var encode(Var features, RandomStream* dropout) override {
    Var x = reshape(features, {features.dim(0), features.value().size() / features.dim(0)});
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      x = affine(x, *layers_[i].W, *layers_[i].b);
      if (i + 1 == layers_.size()) break;
      x = relu_ ? relu(x) : tanh(x);
      if (dropout != nullptr && dropout_ > 0) x = unroll::dropout(x, dropout_, *dropout);
    }
    return x;
  }

 private:
  struct Layer {
    Parameter *W, *b;
  };
  bool relu_;
  double dropout_;
  std::vector<Layer> layers_;
};

}  // namespace

UNROLL_PLUGIN(encoder, "mlp", "1.0.0", Mlp)
