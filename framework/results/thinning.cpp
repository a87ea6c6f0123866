#include <unroll/results/thinning.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace unroll {

std::vector<std::size_t> thin_curve(std::span<const double> x, std::span<const double> y,
                                    std::size_t most) {
  std::vector<std::size_t> finite;
  for (std::size_t i = 0; i < y.size(); ++i)
    if (std::isfinite(x[i]) && std::isfinite(y[i])) finite.push_back(i);
  most = std::max<std::size_t>(most, 3);
  if (finite.size() <= most) return finite;

  // The points between the ends fall into most - 2 buckets; of each, the one is kept that spans the
  // largest triangle with the point kept before it and the mean of the next bucket.
  const std::size_t buckets = most - 2, inner = finite.size() - 2;
  const auto begin_of = [&](std::size_t bucket) { return 1 + bucket * inner / buckets; };
  std::vector<std::size_t> kept{finite.front()};
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    const std::size_t begin = begin_of(bucket), end = begin_of(bucket + 1);
    const std::size_t after = bucket + 1 < buckets ? begin_of(bucket + 2) : finite.size();
    double mean_x = 0, mean_y = 0;
    for (std::size_t i = end; i < after; ++i) {
      mean_x += x[finite[i]] / static_cast<double>(after - end);
      mean_y += y[finite[i]] / static_cast<double>(after - end);
    }
    const std::size_t last = kept.back();
    std::size_t best = finite[begin];
    double largest = -1;
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t at = finite[i];
      const double area =
          std::abs((x[last] - mean_x) * (y[at] - y[last]) - (x[last] - x[at]) * (mean_y - y[last]));
      if (area <= largest) continue;
      largest = area;
      best = at;
    }
    kept.push_back(best);
  }
  kept.push_back(finite.back());
  return kept;
}

std::vector<std::size_t> thin_rows(std::size_t count, std::size_t most) {
  most = std::max<std::size_t>(most, 2);
  std::vector<std::size_t> rows(std::min(count, most));
  if (count <= most) {
    std::iota(rows.begin(), rows.end(), std::size_t{0});
  } else {
    for (std::size_t i = 0; i < most; ++i) rows[i] = i * (count - 1) / (most - 1);
  }
  return rows;
}

}  // namespace unroll
