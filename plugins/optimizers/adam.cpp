// Adam: steps scaled by running averages of the gradient and of its square.
// Kingma and Ba 2015, arXiv 1412.6980. Equations: unroll/model/adam.hpp.
// Weight decay is added to the gradient (L2); `adamw` decouples it.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Adam final : public AdamOptimizer {
 public:
  struct Options {
    double learning_rate = 1e-3;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("Adam (Kingma and Ba 2015, arXiv 1412.6980)");
    schema.option("learning_rate", &Options::learning_rate, "before any schedule").above(0);
    schema.option("beta1", &Options::beta1, "decay of the gradient's average").range(0, 0.999999);
    schema.option("beta2", &Options::beta2, "decay of the square's average").range(0, 0.999999);
    schema.option("epsilon", &Options::epsilon, "added after the square root").at_least(0);
    schema.option("weight_decay", &Options::weight_decay, "L2 penalty, added to the gradient")
        .at_least(0);
  }
  explicit Adam(const Options& o)
      : AdamOptimizer(o.learning_rate, {o.beta1, o.beta2, o.epsilon, o.weight_decay, false}) {}
};

}  // namespace

UNROLL_PLUGIN(optimizer, "adam", "1.0.0", Adam)
