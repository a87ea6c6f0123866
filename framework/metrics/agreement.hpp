// How often predictions are right, as a whole and token by token.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <unroll/metrics/symbols.hpp>

namespace unroll::metrics {

/// The share of hypotheses that equal their reference, byte by byte; 0 of none.
double exact_match(std::span<const std::string> hypotheses,
                   std::span<const std::string> references);
double exact_match(std::span<const Symbols> hypotheses, std::span<const Symbols> references);

/// The share of positions where hypothesis and reference have the same token. What one of them has
/// beyond the other's end counts as wrong, so that a hypothesis gains nothing by going on.
double token_accuracy(std::span<const Symbols> hypotheses, std::span<const Symbols> references);

}  // namespace unroll::metrics
