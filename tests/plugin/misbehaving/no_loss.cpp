// An architecture without a loss.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

struct Misbehaving final : Architecture {
  struct Options {};
  static void describe(Schema<Options>& schema) { schema.summary("forgets its loss"); }
  Misbehaving(const Options&, const ArchitectureContext& context) {
    context.parameters.make("W", {2, 3}, init::zeros(), {"a, b", ""});
  }
  Outcome run(Graph&, const Batch& batch, Carry&, RandomStream*) override {
    Outcome outcome;
    outcome.counted = batch.targets.size();
    return outcome;
  }
};

}  // namespace

UNROLL_PLUGIN(architecture, "no_loss", "1.0.0", Misbehaving)
