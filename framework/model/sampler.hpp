// Sampler: from logits to the next token. The contract of sampler plugins.
#pragma once

#include <span>

#include <unroll/core/random.hpp>
#include <unroll/model/vocabulary.hpp>

namespace unroll {

/// Constructed as Sampler(const Options&).
class Sampler {
 public:
  virtual ~Sampler() = default;
  /// Forgets what was generated so far; called before each text.
  virtual void begin() {}
  /// The next token. logits [V]; those of tokens that must not be generated are -infinity, and
  /// at least one is finite. The same logits and stream give the same token.
  virtual TokenId choose(std::span<const float> logits, RandomStream& random) = 0;

  /// Samplers that search for a whole text keep so many unfinished ones side by side; 1: `choose`
  /// is asked token by token.
  virtual std::int64_t width() const { return 1; }
  /// What a finished text of so many tokens, its end included, is worth to a search; the highest
  /// wins. Must not rise as the probability falls; at a given probability it must rise with the
  /// tokens or fall with them, not both.
  virtual double worth(double log_probability, std::int64_t /*tokens*/) const {
    return log_probability;
  }
};

}  // namespace unroll
