// Temperature: draws from softmax(logits / temperature), after cutting off its tail.
//
//   p_i ~ exp((l_i - max l) / temperature)
//   1. top_k   the k most likely tokens (Fan et al. 2018, arXiv 1805.04833)
//   2. top_p   of these, the fewest most likely whose probabilities sum to at least p, renormalised
//              after step 1 (Holtzman et al. 2020, arXiv 1904.09751)
//   3. min_p   of these, the tokens at least min_p times as likely as the most likely one
//              (Nguyen et al. 2024, arXiv 2407.01082)
//
// Among equally likely tokens the lower id counts as the more likely. One number is drawn a token.
// Memory is asked for on the first call only.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

using unroll::TokenId;

class Temperature final : public unroll::Sampler {
 public:
  struct Options {
    double temperature = 1.0;
    int top_k = 0;
    double top_p = 1.0;
    double min_p = 0.0;
  };
  static void describe(unroll::Schema<Options>& schema) {
    schema.summary("draws from softmax(logits / temperature), its tail cut off if asked");
    schema
        .option("temperature", &Options::temperature,
                "below 1 bolder, above 1 more adventurous; towards 0 it becomes greedy")
        .above(0);
    schema.option("top_k", &Options::top_k, "only the k most likely tokens; 0: all").at_least(0);
    schema
        .option("top_p", &Options::top_p,
                "only the most likely tokens that together have this probability; 1: all")
        .range(0, 1)
        .above(0);
    schema
        .option("min_p", &Options::min_p,
                "only tokens at least this many times as likely as the most likely; 0: all")
        .range(0, 1);
  }
  explicit Temperature(const Options& options) : options_(options) {}

  TokenId choose(std::span<const float> logits, unroll::RandomStream& random) override {
    weigh(logits);
    const bool ranked = options_.top_k > 0 || options_.top_p < 1;
    if (ranked) keep_most_likely();
    if (options_.min_p > 0) {  // the most likely has weight 1
      std::erase_if(candidates_, [&](const Candidate& c) { return c.weight < options_.min_p; });
    }
    return draw(random);
  }

 private:
  struct Candidate {
    double weight;  // relative to the most likely token, whose weight is 1
    TokenId id;
  };
  static bool more_likely(const Candidate& a, const Candidate& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
  }

  // All tokens that can be drawn, with the maximum subtracted before the exponential.
  void weigh(std::span<const float> logits) {
    float highest = -std::numeric_limits<float>::infinity();
    for (const float logit : logits) highest = std::max(highest, logit);  // skips NaN
    if (!std::isfinite(highest)) {
      unroll::fail(unroll::Failure::diverged, "no token to choose: no logit is a finite number");
    }
    candidates_.clear();
    candidates_.reserve(logits.size());
    for (std::size_t id = 0; id < logits.size(); ++id) {
      const double below = static_cast<double>(logits[id]) - static_cast<double>(highest);
      // Spelt out, since 0 / a denormal temperature must stay 1.
      const double weight = below == 0 ? 1 : std::exp(below / options_.temperature);
      if (weight > 0) candidates_.push_back({weight, static_cast<TokenId>(id)});
    }
  }

  void keep_most_likely() {
    std::size_t kept = candidates_.size();
    if (options_.top_k > 0) kept = std::min(kept, static_cast<std::size_t>(options_.top_k));
    if (options_.top_p < 1) {
      std::partial_sort(candidates_.begin(),
                        candidates_.begin() + static_cast<std::ptrdiff_t>(kept), candidates_.end(),
                        more_likely);
      candidates_.resize(kept);
      double total = 0;
      for (const Candidate& c : candidates_) total += c.weight;
      double sum = 0;
      for (kept = 0; kept < candidates_.size() && sum < options_.top_p * total; ++kept) {
        sum += candidates_[kept].weight;
      }
    } else if (kept < candidates_.size()) {
      std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(kept),
                       candidates_.end(), more_likely);
    }
    candidates_.resize(kept);
  }

  TokenId draw(unroll::RandomStream& random) const {
    double total = 0;
    for (const Candidate& c : candidates_) total += c.weight;
    const double aim = random.uniform() * total;
    double sum = 0;
    for (const Candidate& c : candidates_) {
      sum += c.weight;
      if (sum > aim) return c.id;
    }
    return candidates_.back().id;  // rounding: aim was total itself
  }

  Options options_;
  std::vector<Candidate> candidates_;
};

}  // namespace

UNROLL_PLUGIN(sampler, "temperature", "1.0.0", Temperature)
