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
};

}  // namespace unroll
