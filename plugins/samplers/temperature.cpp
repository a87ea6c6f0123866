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

namespace {

using unroll::Candidate;
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
    unroll::weigh(logits, options_.temperature, candidates_);
    const bool ranked = options_.top_k > 0 || options_.top_p < 1;
    if (ranked) keep_most_likely();
    if (options_.min_p > 0) {  // the most likely has weight 1
      std::erase_if(candidates_, [&](const Candidate& c) { return c.weight < options_.min_p; });
    }
    return unroll::draw(candidates_, random).id;
  }

 private:
  void keep_most_likely() {
    std::size_t kept = candidates_.size();
    if (options_.top_k > 0) kept = std::min(kept, static_cast<std::size_t>(options_.top_k));
    if (options_.top_p < 1) {
      std::partial_sort(candidates_.begin(),
                        candidates_.begin() + static_cast<std::ptrdiff_t>(kept), candidates_.end(),
                        unroll::more_likely);
      candidates_.resize(kept);
      const double total = unroll::total_weight(candidates_);
      double sum = 0;
      for (kept = 0; kept < candidates_.size() && sum < options_.top_p * total; ++kept) {
        sum += candidates_[kept].weight;
      }
    } else if (kept < candidates_.size()) {
      std::nth_element(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(kept),
                       candidates_.end(), unroll::more_likely);
    }
    candidates_.resize(kept);
  }

  Options options_;
  std::vector<Candidate> candidates_;
};

}  // namespace

UNROLL_PLUGIN(sampler, "temperature", "1.0.0", Temperature)
