// Adam: steps scaled by running averages of the gradient and of its square.
// Kingma and Ba 2015, arXiv 1412.6980. Equations: unroll/model/adam.hpp.
// Weight decay is added to the gradient (L2); `adamw` decouples it.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Adam final : public AdamOptimizer {
 public:
  using Options = AdamOptions;
  static void describe(Schema<Options>& schema) {
    schema.summary("Adam (Kingma and Ba 2015, arXiv 1412.6980)");
    Options::describe_all(schema);
    schema.option("weight_decay", &Options::weight_decay, "L2 penalty, added to the gradient")
        .at_least(0);
  }
  explicit Adam(const Options& options) : AdamOptimizer(options, false) {}
};

}  // namespace

UNROLL_PLUGIN(optimizer, "adam", "1.0.0", Adam)
