// Mirostat 2 (Basu et al. 2021, arXiv 2007.14966): keeps the surprise of what is written near a
// target, by cutting off what is more surprising than a limit that learns from each token.
//
//   p_i = softmax(l)_i                      surprise s_i = -log2 p_i, in bits
//   kept: the tokens with s_i <= mu, at least the most likely; drawn from these in proportion
//   mu' = mu - rate * (s_drawn - target)    mu = 2 * target at the beginning of each text
//
// The surprise is the model's own, before anything is cut off. Version 1 of the paper, which
// guesses how many tokens to keep from a fit of Zipf's law, is left out. One number is drawn a
// token.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>

namespace {

using namespace unroll;

class Mirostat final : public Sampler {
 public:
  struct Options {
    double target = 3.0;
    double rate = 0.1;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("keeps the surprise of a text near a target (Basu et al. 2021)");
    schema
        .option("target", &Options::target,
                "bits a token; the paper's 3 is for words, characters have about 1 to 2")
        .range(0, 100)
        .above(0);
    schema
        .option("rate", &Options::rate,
                "how fast the limit follows what was drawn; 0: it stays at twice the target")
        .range(0, 10);
  }
  explicit Mirostat(const Options& options) : options_(options), limit_(2 * options.target) {}

  void begin() override { limit_ = 2 * options_.target; }

  TokenId choose(std::span<const float> logits, RandomStream& random) override {
    weigh(logits, 1, candidates_);
    const double total = total_weight(candidates_);
    // The most likely has weight 1. Written so that it stays, whatever the limit.
    const double least = std::min(1.0, total * std::exp2(-limit_));
    std::erase_if(candidates_, [least](const Candidate& c) { return c.weight < least; });
    const Candidate& drawn = draw(candidates_, random);
    limit_ -= options_.rate * (-std::log2(drawn.weight / total) - options_.target);
    return drawn.id;
  }

 private:
  Options options_;
  double limit_;  ///< mu, bits
  std::vector<Candidate> candidates_;
};

}  // namespace

UNROLL_PLUGIN(sampler, "mirostat", "1.0.0", Mirostat)
