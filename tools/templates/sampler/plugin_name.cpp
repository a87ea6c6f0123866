// Draws among the tokens that are at least `share` times as likely as the most likely one: many
// where the model is unsure, few where it is not (min-p: Nguyen et al. 2024, arXiv 2407.01082).
//
//   p_i ~ exp(l_i - max l)       where that is at least `share`, else 0
//
// One number is drawn a token, and none of the others changes what it is drawn for.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

using namespace unroll;

class PluginName final : public Sampler {
 public:
  struct Options {
    double share = 0.1;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("draws among the tokens nearly as likely as the most likely");
    schema
        .option("share", &Options::share,
                "of the most likely token's probability, which others need; 1: it alone")
        .range(0, 1);
  }

  explicit PluginName(const Options& options) : share_(options.share) {}

  // logits [V]; those of tokens that must not be generated are -infinity.
  TokenId choose(std::span<const float> logits, RandomStream& random) override {
    double rest = random.uniform() * weigh(logits, weights_);
    TokenId last = 0;
    for (std::size_t id = 0; id < weights_.size(); ++id) {
      if (weights_[id] == 0) continue;
      last = static_cast<TokenId>(id);
      if (rest < weights_[id]) break;
      rest -= weights_[id];
    }
    return last;
  }

 private:
  // The weights [V] relative to the most likely token's, and their sum.
  double weigh(std::span<const float> logits, std::vector<double>& weights) const {
    float highest = -std::numeric_limits<float>::infinity();
    for (const float logit : logits) highest = std::max(highest, logit);  // passes NaN over
    if (!std::isfinite(highest))
      fail(Failure::diverged, "no token to choose: no logit is a finite number");
    weights.resize(logits.size());
    double total = 0;
    for (std::size_t id = 0; id < logits.size(); ++id) {
      const double likely =
          std::exp(static_cast<double>(logits[id]) - static_cast<double>(highest));
      weights[id] = likely >= share_ ? likely : 0;
      total += weights[id];
    }
    return total;
  }

  double share_;
  std::vector<double> weights_;  // of the last call: steady generation asks for no memory
};

}  // namespace

UNROLL_PLUGIN(sampler, "plugin_name", "0.1.0", PluginName)
