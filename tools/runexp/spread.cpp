#include "spread.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace unroll::cli {
namespace {

double quantile(const std::vector<double>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - std::floor(place));
}

}  // namespace

Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {quantile(values, 0.5), quantile(values, 0.1), quantile(values, 0.9)};
}

void put(Json& object, std::string_view name, const Spread& spread) {
  const std::string key(name);
  object[key] = spread.median;
  object[key + "_p10"] = spread.p10;
  object[key + "_p90"] = spread.p90;
}

Spread get_spread(const Json& object, std::string_view name) {
  const std::string key(name);
  return {object.at(key).get<double>(), object.at(key + "_p10").get<double>(),
          object.at(key + "_p90").get<double>()};
}

}  // namespace unroll::cli
