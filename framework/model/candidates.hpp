// Candidates: the tokens that may come next, with their weights. What samplers share.
#pragma once

#include <span>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/model/vocabulary.hpp>

namespace unroll {

/// A token and how likely it is, relative to others.
struct Candidate {
  double weight;
  TokenId id;
};

/// Among equally likely tokens the lower id counts as the more likely.
inline bool more_likely(const Candidate& a, const Candidate& b) {
  return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
}

/// The token of the largest logit, of equal ones the lowest; NaN is passed over. Throws
/// Error(diverged) if every logit is NaN or minus infinity.
TokenId likeliest(std::span<const float> logits);

/// All tokens that can be drawn, in the order of their ids, with weights
/// exp((logit - largest) / temperature): that of the most likely is 1. NaN and minus infinity are
/// left out. Overwrites `candidates`, which asks for memory on the first call only. Throws
/// Error(diverged) if no logit is a finite number.
void weigh(std::span<const float> logits, double temperature, std::vector<Candidate>& candidates);

/// The weights summed, in order.
double total_weight(std::span<const Candidate> candidates);

/// One of them, in proportion to their weights. Draws one number; there must be a candidate.
const Candidate& draw(std::span<const Candidate> candidates, RandomStream& random);

}  // namespace unroll
