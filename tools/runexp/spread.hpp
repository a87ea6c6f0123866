// The middle of many measurements, and how far they lie apart.
#pragma once

#include <string_view>
#include <vector>

#include "json_output.hpp"

namespace unroll::cli {

struct Spread {
  double median = 0, p10 = 0, p90 = 0;  ///< a tenth lies below p10, a tenth above p90
};

/// Of at least one value; between two of them it is interpolated.
Spread spread_of(std::vector<double> values);

/// Puts NAME, NAME_p10 and NAME_p90 into an object.
void put(Json& object, std::string_view name, const Spread& spread);
/// As `put` left it.
Spread get_spread(const Json& object, std::string_view name);

}  // namespace unroll::cli
