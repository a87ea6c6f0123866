// An optimizer whose learning rate is no number.
#include <unroll/plugin.hpp>

#include <limits>

namespace {

using namespace unroll;

struct Misbehaving final : Optimizer {
  struct Options {};
  static void describe(Schema<Options>& schema) { schema.summary("its learning rate is NaN"); }
  explicit Misbehaving(const Options&) {}
  double learning_rate() const override { return std::numeric_limits<double>::quiet_NaN(); }
  void update(std::span<float>, std::span<const float>, const UpdateStep&) override {}
  Archive save() const override { return {}; }
  void restore(const Archive&) override {}
};

}  // namespace

UNROLL_PLUGIN(optimizer, "no_rate", "1.0.0", Misbehaving)
