// Locally typical sampling (Meister et al. 2023, arXiv 2202.00666): people say neither what goes
// without saying nor what nobody expects, but what carries about as much information as expected.
//
//   p_i ~ exp((l_i - max l) / temperature)        H = sum of -p_i log p_i
//   kept: the tokens of smallest |-log p_i - H|, the fewest whose probabilities sum to `mass`
//   drawn from these in proportion to p_i
//
// The most likely token may be among those left out. Among equally typical tokens the more likely
// comes first, then the lower id. One number is drawn a token.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>

namespace {

using namespace unroll;

class Typical final : public Sampler {
 public:
  struct Options {
    double mass = 0.95;
    double temperature = 1.0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("draws among tokens about as surprising as expected (Meister et al. 2023)");
    schema
        .option("mass", &Options::mass,
                "the most typical tokens that together have this probability; 1: all")
        .range(0, 1)
        .above(0);
    schema
        .option("temperature", &Options::temperature,
                "what the logits are divided by first; below 1 bolder, above 1 more adventurous")
        .above(0);
  }
  explicit Typical(const Options& options) : options_(options) {}

  TokenId choose(std::span<const float> logits, RandomStream& random) override {
    weigh(logits, options_.temperature, candidates_);
    if (options_.mass < 1) keep_most_typical();
    return draw(candidates_, random).id;
  }

 private:
  struct Ranked {
    double oddity;  ///< |-log p - H|
    Candidate candidate;
  };

  void keep_most_typical() {
    const double total = total_weight(candidates_);
    double entropy = 0;
    for (const Candidate& c : candidates_) entropy -= c.weight / total * std::log(c.weight / total);
    ranked_.clear();
    for (const Candidate& c : candidates_)
      ranked_.push_back({std::abs(-std::log(c.weight / total) - entropy), c});
    std::sort(ranked_.begin(), ranked_.end(), [](const Ranked& a, const Ranked& b) {
      return a.oddity != b.oddity ? a.oddity < b.oddity : more_likely(a.candidate, b.candidate);
    });
    candidates_.clear();
    double sum = 0;
    for (const Ranked& r : ranked_) {
      if (sum >= options_.mass * total) break;
      sum += r.candidate.weight;
      candidates_.push_back(r.candidate);
    }
  }

  Options options_;
  std::vector<Candidate> candidates_;
  std::vector<Ranked> ranked_;
};

}  // namespace

UNROLL_PLUGIN(sampler, "typical", "1.0.0", Typical)
