// What a sampler promises to draw, where its description says enough.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "check.hpp"

namespace unroll::conformance {

/// The exact probabilities [V] of softmax(logits / temperature) after top_k, then top_p within what
/// is left, then min_p; among equals the lower id counts as the likelier.
struct Truncation {
  double temperature = 1, top_p = 1, min_p = 0;
  std::int64_t top_k = 0;
  std::vector<double> probabilities(std::span<const float> logits) const;
};

/// The truncation that a sampler's options ask for: nothing unless each of its numbers is one of
/// the four above, and `temperature` is among them. Those names mean this.
std::optional<Truncation> promised(const Examination& examination, const Node& options);

}  // namespace unroll::conformance
