// Repetition penalty (Keskar et al. 2019, arXiv 1909.05858, section 4.1): what was written lately
// becomes less likely.
//
//   l'_i = l_i / penalty    if token i is among the last `last` that were written and l_i > 0
//   l'_i = l_i * penalty    if it is and l_i <= 0; else l'_i = l_i
//   p_i ~ exp((l'_i - max l') / temperature), or the most likely token at temperature 0
//
// The paper divides negative logits too, which would make such tokens more likely; all who use its
// penalty multiply them. What was read before a text, its prompt, does not count as written. Of
// letters any are needed again at once: this is for words and pieces of words. One number is drawn
// a token, none at temperature 0.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

namespace {

using namespace unroll;

class RepetitionPenalty final : public Sampler {
 public:
  struct Options {
    double penalty = 1.2;
    std::int64_t last = 64;
    double temperature = 1.0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("makes what was written lately less likely (Keskar et al. 2019)");
    schema
        .option("penalty", &Options::penalty,
                "what the logit of a token that was written is divided by; 1: nothing happens")
        .range(1, 100);
    schema.option("last", &Options::last, "so many tokens count as lately; 0: all").at_least(0);
    schema
        .option("temperature", &Options::temperature,
                "what the logits are divided by then; 0: the most likely token, always")
        .at_least(0);
  }
  explicit RepetitionPenalty(const Options& options) : options_(options) {}

  void begin() override {
    written_.clear();
    times_.clear();
  }

  TokenId choose(std::span<const float> logits, RandomStream& random) override {
    penalised_.assign(logits.begin(), logits.end());
    times_.resize(logits.size(), 0);
    for (std::size_t id = 0; id < logits.size(); ++id)
      if (times_[id] > 0) penalised_[id] = penalised(logits[id]);
    const TokenId chosen = choose_among(random);
    written_.push_back(chosen);
    ++times_[static_cast<std::size_t>(chosen)];
    if (options_.last > 0 && std::ssize(written_) > options_.last) {
      --times_[static_cast<std::size_t>(written_.front())];
      written_.pop_front();
    }
    return chosen;
  }

 private:
  /// A finite logit stays finite.
  float penalised(float logit) const {
    const auto penalty = static_cast<float>(options_.penalty);
    if (logit > 0) return logit / penalty;
    if (!std::isfinite(logit)) return logit;
    return std::max(logit * penalty, std::numeric_limits<float>::lowest());
  }

  TokenId choose_among(RandomStream& random) {
    weigh(penalised_, options_.temperature > 0 ? options_.temperature : 1, candidates_);
    if (options_.temperature > 0) return draw(candidates_, random).id;
    return std::min_element(candidates_.begin(), candidates_.end(), more_likely)->id;
  }

  Options options_;
  std::deque<TokenId> written_;      ///< the last ones, oldest first
  std::vector<std::int64_t> times_;  ///< [V] how often each is among them
  std::vector<float> penalised_;     ///< [V]
  std::vector<Candidate> candidates_;
};

}  // namespace

UNROLL_PLUGIN(sampler, "repetition_penalty", "1.0.0", RepetitionPenalty)
