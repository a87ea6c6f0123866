#include <unroll/analysis/histogram.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace unroll {
namespace {

constexpr double kDeviations = 5;

}  // namespace

Histogram histogram(std::span<const float> values, int bins) {
  Histogram found;
  found.counts.resize(static_cast<std::size_t>(bins));
  double least = std::numeric_limits<double>::infinity(), most = -least, sum = 0, squares = 0;
  std::int64_t count = 0;
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    const double x = value;
    least = std::min(least, x);
    most = std::max(most, x);
    sum += x;
    squares += x * x;
    ++count;
  }
  if (count == 0) return found;
  const double mean = sum / static_cast<double>(count);
  const double variance = std::max(squares / static_cast<double>(count) - mean * mean, 0.0);
  const double reach = kDeviations * std::sqrt(variance);
  found.low = std::max(least, mean - reach);
  found.high = std::min(most, mean + reach);
  if (!(found.low < found.high)) {  // one value, or so nearly that rounding decides
    found.low = least;
    found.high = most;
  }
  if (!(found.low < found.high)) {
    found.counts[0] = count;
    return found;
  }
  const double scale = bins / (found.high - found.low);
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    const double place = std::clamp((value - found.low) * scale, 0.0, bins - 1.0);
    ++found.counts[static_cast<std::size_t>(place)];
  }
  return found;
}

}  // namespace unroll
