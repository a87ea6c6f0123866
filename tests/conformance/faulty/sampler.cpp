// Draws from the softmax of the logits, with the fault that its option names.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>

namespace {

using namespace unroll;

RandomStream of_all(1, "of all samplers");

class Faulty final : public Sampler {
 public:
  struct Options {
    std::string fault = "none";
    double temperature = 1;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("breaks the contract that it is told to");
    schema.option("fault", &Options::fault, "what is wrong")
        .choices({"none", "biased", "second", "random", "remembers", "forbidden", "outside", "nan",
                  "worth", "memory"});
    schema.option("temperature", &Options::temperature, "of the softmax").above(0);
  }
  explicit Faulty(const Options& options)
      : fault_(options.fault), temperature_(options.temperature) {}

  TokenId choose(std::span<const float> logits, RandomStream& random) override {
    if (fault_ == "nan")
      return static_cast<TokenId>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    if (fault_ == "memory") past_.insert(past_.end(), logits.begin(), logits.end());
    if (fault_ == "second") return second(logits);
    const std::vector<double> p = weights(logits, fault_ == "biased" ? 0.9 : temperature_);
    if (fault_ == "forbidden") {
      std::size_t id = 0;
      do id = random.below(logits.size());
      while (std::isnan(logits[id]));
      return static_cast<TokenId>(id);
    }
    double aim = (fault_ == "random" ? of_all : random).uniform();
    if (fault_ == "remembers" && chosen_++ % 2 == 1) aim = 0;
    for (std::size_t id = 0; id < p.size(); ++id)
      if ((aim -= p[id]) < 0) return static_cast<TokenId>(id) + (fault_ == "outside" ? 1 : 0);
    return static_cast<TokenId>(std::max_element(p.begin(), p.end()) - p.begin());
  }
  std::int64_t width() const override { return fault_ == "worth" ? 2 : 1; }
  double worth(double log_probability, std::int64_t tokens) const override {
    if (fault_ != "worth") return log_probability;
    return log_probability + 3 * std::abs(static_cast<double>(tokens) - 20);
  }

 private:
  /// The likeliest but one, where there is one.
  static TokenId second(std::span<const float> logits) {
    std::size_t best = 0, other = 0;
    for (std::size_t id = 0; id < logits.size(); ++id) {
      if (std::isnan(logits[id]) || !(logits[id] > -INFINITY)) continue;
      if (std::isnan(logits[best]) || !(logits[best] > -INFINITY)) best = other = id;
      if (id != best) other = id;
    }
    if (std::isnan(logits[other])) fail(Failure::diverged, "no logit is finite");
    return static_cast<TokenId>(other);
  }
  static std::vector<double> weights(std::span<const float> logits, double temperature) {
    double highest = -INFINITY, total = 0;
    for (const float logit : logits)
      if (!std::isnan(logit)) highest = std::max(highest, static_cast<double>(logit));
    if (!std::isfinite(highest)) fail(Failure::diverged, "no logit is finite");
    std::vector<double> p;
    for (const float logit : logits)
      p.push_back(
          std::isnan(logit) ? 0 : std::exp((static_cast<double>(logit) - highest) / temperature));
    for (const double weight : p) total += weight;
    for (double& weight : p) weight /= total;
    return p;
  }

  std::string fault_;
  double temperature_;
  int chosen_ = 0;
  std::vector<float> past_;
};

}  // namespace

UNROLL_PLUGIN(sampler, "faults", "1.0.0", Faulty)
