// Thinning: a long curve drawn with few points, its shape kept.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace unroll {

/// Indices of at most `most` points (3 or more) that show a curve best, ascending: largest triangle
/// three buckets (Steinarsson 2013), which keeps the first, the last and the extremes that an eye
/// would miss. Points that are not finite are left out. `x` ascends and is as long as `y`.
std::vector<std::size_t> thin_curve(std::span<const double> x, std::span<const double> y,
                                    std::size_t most);

/// `most` of `count` rows (all, if there are no more), evenly, with the first and the last.
std::vector<std::size_t> thin_rows(std::size_t count, std::size_t most);

}  // namespace unroll
