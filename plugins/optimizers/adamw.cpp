// AdamW: Adam with weight decay taken off the weights, apart from the gradient.
// Loshchilov and Hutter 2019, arXiv 1711.05101. Equations: unroll/model/adam.hpp.
// Decays every parameter, biases too, as torch.optim.AdamW does.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class AdamW final : public AdamOptimizer {
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
  explicit AdamW(const Options& o)
      : AdamOptimizer(o.learning_rate, {o.beta1, o.beta2, o.epsilon, o.weight_decay, true}) {}
};

}  // namespace

UNROLL_PLUGIN(optimizer, "adamw", "1.0.0", AdamW)
