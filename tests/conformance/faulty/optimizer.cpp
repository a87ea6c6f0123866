// Gradient descent with momentum, with the fault that its option names.
#include <unroll/plugin.hpp>

#include <algorithm>

namespace {

using namespace unroll;

std::int64_t updates_of_all = 0;

class Faulty final : public Optimizer {
 public:
  struct Options {
    std::string fault = "none";
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("breaks the contract that it is told to");
    schema.option("fault", &Options::fault, "what is wrong")
        .choices({"none", "climbs", "forgets", "random", "drifts", "restless", "unscaled", "place",
                  "sizes", "credulous", "memory"});
  }
  explicit Faulty(const Options& options) : fault_(options.fault) {}

  double learning_rate() const override { return 0.05; }
  void update(std::span<float> weights, std::span<const float> gradients,
              const UpdateStep& step) override {
    momentum_.resize(weights.size());
    double rate = step.learning_rate;
    if (is("climbs")) rate = -rate;
    if (is("restless")) rate = std::max(rate, 1e-6);
    if (is("random")) rate *= 1 + 3e-6 * static_cast<double>(++updates_of_all % 7);
    if (is("memory")) past_.insert(past_.end(), gradients.begin(), gradients.end());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double scale = is("unscaled") ? 1 : step.gradient_scale;
      momentum_[i] = 0.5F * momentum_[i] + static_cast<float>(scale) * gradients[i];
      double own = rate;
      if (is("place")) own *= 1 + static_cast<double>(i) / 100;
      if (is("sizes") && weights.size() % 2 == 1 && i + 1 == weights.size())
        weights[i] /= 0.0F * momentum_[i];
      weights[i] -= static_cast<float>(own) * momentum_[i];
      if (is("drifts") && step.learning_rate > 0) weights[i] += 1e-5F;
    }
  }
  Archive save() const override {
    Archive state;
    if (is("forgets")) return state;
    state.put("momentum", Array{{static_cast<std::int64_t>(momentum_.size())}, momentum_, {}});
    return state;
  }
  void restore(const Archive& state) override {
    if (is("forgets") || (is("credulous") && !state.has("momentum"))) return;
    momentum_ = std::get<std::vector<float>>(state.array("momentum").values);
  }

 private:
  bool is(std::string_view fault) const { return fault_ == fault; }

  std::string fault_;
  std::vector<float> momentum_, past_;
};

}  // namespace

UNROLL_PLUGIN(optimizer, "faults", "1.0.0", Faulty)
