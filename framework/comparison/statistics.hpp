// Statistics of a few replicas: is a difference more than noise, how large is it, how sure is that?
//
// Tests are two-sided. Distributions are Boost.Math's; SciPy's values are the tests' fixtures.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace unroll::comparison {

/// Of a non-empty sample; `deviation` divides by n-1 and is NaN for one value.
struct Spread {
  std::size_t n = 0;
  double mean = 0, deviation = 0, least = 0, most = 0, median = 0;
};
Spread spread_of(std::span<const double> values);

struct Interval {
  double low = 0, high = 0;
};

/// A t test of a difference of means, with the 95 % confidence interval of that difference.
struct TTest {
  double difference = 0;  ///< mean of a - mean of b
  double t = 0;           ///< infinite where there is no spread at all
  double degrees = 0;     ///< of freedom
  double p = 1;
  Interval interval;
};
/// For independent samples with variances of their own (Welch 1947). Two values each at least.
TTest welch_test(std::span<const double> a, std::span<const double> b);
/// For pairs: a[i] and b[i] belong together. Two pairs at least.
TTest paired_test(std::span<const double> a, std::span<const double> b);

/// p of the signed-rank test of pairs (Wilcoxon 1945); differences of 0 are left out, ties share
/// their mean rank. Exact up to 60 pairs, the normal approximation beyond.
double wilcoxon_p(std::span<const double> a, std::span<const double> b);
/// p of the rank-sum test of independent samples (Mann and Whitney 1947). Exact up to 60 values
/// together, ties included; beyond, the normal approximation with corrections for ties and steps.
double mann_whitney_p(std::span<const double> a, std::span<const double> b);

/// (mean a - mean b) / pooled standard deviation, freed of its bias in small samples (Hedges 1981,
/// the exact factor). The same for pairs, so that both can be set side by side. Nothing without
/// spread.
std::optional<double> hedges_g(std::span<const double> a, std::span<const double> b);

/// 95 % confidence interval of the difference of means by resampling (percentile bootstrap, Efron
/// 1979): pairs together, or each sample for itself. The same numbers give the same interval. Too
/// narrow for fewer than ten values: the t test's interval is the better one there.
Interval bootstrap_interval(std::span<const double> a, std::span<const double> b, bool paired,
                            std::size_t resamples = 10000);

/// p values adjusted for their number (Holm 1979), in the order given.
std::vector<double> holm(std::span<const double> p);

/// Replicas a group (or pairs) that a t test at 5 % needs to see a difference of `effect` standard
/// deviations (for pairs: of the differences') four times out of five; at most `most`.
std::size_t replicas_needed(double effect, bool paired, std::size_t most = 1000);

}  // namespace unroll::comparison
