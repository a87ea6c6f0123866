// Lion: every weight moves by the learning rate, in the direction of its momentum's sign (Chen et
// al. 2023, "Symbolic discovery of optimization algorithms", arXiv 2302.06675, algorithm 2).
//
//   u = sign(beta1 m + (1 - beta1) g)          m' = beta2 m + (1 - beta2) g
//   w' = w - rate (u + decay w)
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class PluginName final : public ElementwiseOptimizer {
 public:
  struct Options {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.99;
    double weight_decay = 0;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("moves every weight alike, by the sign of its momentum");
    schema
        .option("learning_rate", &Options::learning_rate,
                "before any schedule; a third to a tenth of Adam's")
        .above(0);
    schema.option("beta1", &Options::beta1, "share of the momentum in a step's direction")
        .range(0, 0.999999);
    schema.option("beta2", &Options::beta2, "share of the momentum that is kept")
        .range(0, 0.999999);
    schema.option("weight_decay", &Options::weight_decay, "shrinks the weights at every step")
        .at_least(0);
  }

  explicit PluginName(const Options& options)
      : ElementwiseOptimizer(options.learning_rate, {"m"}), options_(options) {}

 private:
  // Some of the weights; called from several threads, each with others. The base class keeps m,
  // saves it and restores it.
  void apply(const UpdateStep& step, const Piece& piece) const override {
    const auto rate = static_cast<float>(step.learning_rate);
    const auto scale = static_cast<float>(step.gradient_scale);
    const auto beta1 = static_cast<float>(options_.beta1);
    const auto beta2 = static_cast<float>(options_.beta2);
    const auto decay = static_cast<float>(options_.weight_decay);
    float* __restrict w = piece.weights;
    const float* __restrict gradient = piece.gradients;
    float* __restrict m = piece.moments[0];
    for (std::size_t i = 0; i < piece.size; ++i) {
      const float g = scale * gradient[i];
      const float direction = beta1 * m[i] + (1 - beta1) * g;
      const float u = direction > 0 ? 1.0F : direction < 0 ? -1.0F : 0.0F;
      w[i] -= rate * (u + decay * w[i]);
      m[i] = beta2 * m[i] + (1 - beta2) * g;
    }
  }

  Options options_;
};

}  // namespace

UNROLL_PLUGIN(optimizer, "plugin_name", "0.1.0", PluginName)
