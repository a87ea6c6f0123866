// The cycle that a text ends in, as greedy texts do: from some place on they say the same again and
// again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <unroll/metrics/symbols.hpp>

namespace unroll::metrics {

struct Cycle {
  std::int64_t begin = 0;   ///< symbols before the first round
  std::int64_t period = 0;  ///< symbols of one round
  friend bool operator==(const Cycle&, const Cycle&) = default;
};

/// From `begin` to the end every symbol equals the one a period later; the text goes round at least
/// twice, and at least `least` symbols are repeated, so that "..." and "bye bye" are no cycles. Of
/// several such cycles the one that begins first, and of those the shortest. Nothing where there is
/// none. Exact, in time proportional to the text.
std::optional<Cycle> find_cycle(std::span<const Symbol> text, std::int64_t least = 16);

}  // namespace unroll::metrics
