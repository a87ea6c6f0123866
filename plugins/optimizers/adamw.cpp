// AdamW: Adam with weight decay taken off the weights, apart from the gradient.
// Loshchilov and Hutter 2019, arXiv 1711.05101. Equations: AdamRule in unroll/model/moments.hpp.
// Decays every parameter, biases too, as torch.optim.AdamW does.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class AdamW final : public Optimizer {
 public:
  struct Options {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0.01;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary(
        "Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101)");
    schema.option("learning_rate", &Options::learning_rate, "before any schedule").above(0);
    schema.option("beta1", &Options::beta1, "decay of the gradient's average").range(0, 0.999999);
    schema.option("beta2", &Options::beta2, "decay of the square's average").range(0, 0.999999);
    schema.option("epsilon", &Options::epsilon, "added after the square root").at_least(0);
    schema
        .option("weight_decay", &Options::weight_decay,
                "each step takes learning_rate * this off a weight")
        .at_least(0);
  }
  explicit AdamW(const Options& options)
      : rate_(options.learning_rate),
        rule_{options.beta1, options.beta2, options.epsilon, options.weight_decay, true} {}

  double learning_rate() const override { return rate_; }
  void update(std::span<float> weights, std::span<const float> gradients,
              const UpdateStep& step) override {
    rule_.update(weights, gradients, moments_, step.learning_rate, step.gradient_scale,
                 step.number);
  }
  Archive save() const override { return moments_.save(); }
  void restore(const Archive& state) override { moments_.restore(state); }

 private:
  double rate_;
  AdamRule rule_;
  Moments moments_{{"m", "v"}};
};

}  // namespace

UNROLL_PLUGIN(optimizer, "adamw", "1.0.0", AdamW)
