// AdamW: Adam with weight decay taken off the weights, apart from the gradient.
// Loshchilov and Hutter 2019, arXiv 1711.05101. Equations: unroll/model/adam.hpp.
// Decays every parameter, biases too, as torch.optim.AdamW does.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class AdamW final : public AdamOptimizer {
 public:
  struct Options : AdamOptions {
    Options() { weight_decay = 0.01; }
  };
  static void describe(Schema<Options>& schema) {
    schema.summary(
        "Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101)");
    Options::describe_all(schema);
    schema
        .option("weight_decay", &Options::weight_decay,
                "each step takes learning_rate * this off a weight")
        .at_least(0);
  }
  explicit AdamW(const Options& options) : AdamOptimizer(options, true) {}
};

}  // namespace

UNROLL_PLUGIN(optimizer, "adamw", "1.0.0", AdamW)
