// An optimizer that leaves weights that are no numbers.
#include <unroll/plugin.hpp>

#include <limits>

namespace {

using namespace unroll;

struct Misbehaving final : Optimizer {
  struct Options {};
  static void describe(Schema<Options>& schema) { schema.summary("makes a weight NaN"); }
  explicit Misbehaving(const Options&) {}
  double learning_rate() const override { return 0.1; }
  void update(std::span<float> weights, std::span<const float>, const UpdateStep& step) override {
    if (step.number == 7) weights[0] = std::numeric_limits<float>::quiet_NaN();
  }
  Archive save() const override { return {}; }
  void restore(const Archive&) override {}
};

}  // namespace

UNROLL_PLUGIN(optimizer, "spoils_weights", "1.0.0", Misbehaving)
