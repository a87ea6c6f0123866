// Histograms of weights and gradients.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace unroll {

/// Equal bins between `low` and `high`. The range is that of the values, but no wider than five
/// standard deviations to each side of their mean, so that a few outliers do not push everything
/// else into one bin; what lies outside is counted in the first or last bin.
struct Histogram {
  double low = 0, high = 0;
  std::vector<std::int64_t> counts;  ///< their sum is the number of values that are finite
};

/// Values that are not finite are left out. Where all values are the same, low = high and the
/// first bin has them all. Sums in a fixed order: the same values give the same bits.
Histogram histogram(std::span<const float> values, int bins);

}  // namespace unroll
