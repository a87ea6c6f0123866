// Durations as people write them: "90", "90s", "10m", "2h30m".
#pragma once

#include <string_view>

namespace unroll {

/// Seconds. Numbers with the units d, h, m and s, from the largest to the smallest; a number
/// without a unit is of seconds. Throws Error(usage) for anything else, 0 and more than 1000 days.
double parse_duration(std::string_view text);

}  // namespace unroll
