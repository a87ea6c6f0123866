// An optimizer that remembers what its last gradients were, and forgets it when a run is resumed:
// in its object, or in static memory, which only the end of the process clears.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

std::int64_t updates_of_all = 0;

class Forgetful final : public Optimizer {
 public:
  struct Options {
    std::string in = "nothing";
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("keeps what it does not save where it is told to");
    schema.option("in", &Options::in, "where").choices({"nothing", "object", "static", "refusal"});
  }
  explicit Forgetful(const Options& options) : in_(options.in) {}

  double learning_rate() const override { return 0.1; }
  void update(std::span<float> weights, std::span<const float> gradients,
              const UpdateStep& step) override {
    ++updates_;
    ++updates_of_all;
    // The rate falls with the updates that it has seen, wherever those are counted.
    const std::int64_t seen = in_ == "object"   ? updates_
                              : in_ == "static" ? updates_of_all
                                                : step.number;
    const double rate = step.learning_rate * step.gradient_scale / (1 + static_cast<double>(seen));
    for (std::size_t i = 0; i < weights.size(); ++i)
      weights[i] -= static_cast<float>(rate) * gradients[i];
  }
  Archive save() const override { return {}; }
  void restore(const Archive&) override {
    if (in_ == "refusal") fail(Failure::data, "I cannot remember");
  }

 private:
  std::string in_;
  std::int64_t updates_ = 0;
};

}  // namespace

UNROLL_PLUGIN(optimizer, "forgetful", "1.0.0", Forgetful)
