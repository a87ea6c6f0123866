#include <unroll/comparison/statistics.hpp>

#include <algorithm>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include <unroll/core/random.hpp>

namespace unroll::comparison {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kLevel = 0.95, kPower = 0.8;

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double variance_of(std::span<const double> values) {
  if (values.size() < 2) return kNone;
  const double mean = mean_of(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return sum / static_cast<double>(values.size() - 1);
}

/// Of a difference with this standard error.
TTest t_test(double difference, double error, double degrees) {
  TTest test{difference, 0, degrees, 1, {difference, difference}};
  if (error > 0) {
    const boost::math::students_t law(degrees);
    test.t = difference / error;
    test.p = std::min(1.0, 2 * cdf(complement(law, std::abs(test.t))));
    const double reach = quantile(law, 0.5 + kLevel / 2) * error;
    test.interval = {difference - reach, difference + reach};
  } else if (difference != 0) {
    test.t = std::copysign(std::numeric_limits<double>::infinity(), difference);
    test.p = 0;
  }
  return test;
}

}  // namespace

Spread spread_of(std::span<const double> values) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t n = sorted.size();
  const double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
  return {n,     mean_of(values), std::sqrt(variance_of(values)), sorted.front(), sorted.back(),
          median};
}

TTest welch_test(std::span<const double> a, std::span<const double> b) {
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  const double va = variance_of(a) / n, vb = variance_of(b) / m;
  const double degrees =
      va + vb > 0 ? (va + vb) * (va + vb) / (va * va / (n - 1) + vb * vb / (m - 1)) : n + m - 2;
  return t_test(mean_of(a) - mean_of(b), std::sqrt(va + vb), degrees);
}

TTest paired_test(std::span<const double> a, std::span<const double> b) {
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  const auto n = static_cast<double>(a.size());
  return t_test(mean_of(differences), std::sqrt(variance_of(differences) / n), n - 1);
}

std::optional<double> hedges_g(std::span<const double> a, std::span<const double> b) {
  const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  const double degrees = n + m - 2;
  const double pooled = std::sqrt(((n - 1) * variance_of(a) + (m - 1) * variance_of(b)) / degrees);
  if (!(pooled > 0)) return std::nullopt;
  // Gamma(f/2) / (sqrt(f/2) Gamma((f-1)/2)), about 1 - 3/(4f-1)
  const double factor =
      boost::math::tgamma_ratio(degrees / 2, (degrees - 1) / 2) / std::sqrt(degrees / 2);
  return factor * (mean_of(a) - mean_of(b)) / pooled;
}

Interval bootstrap_interval(std::span<const double> a, std::span<const double> b, bool paired,
                            std::size_t resamples) {
  RandomStream random(1, "bootstrap");
  std::vector<double> differences(resamples);
  for (double& difference : differences) {
    double first = 0, second = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const std::uint64_t drawn = random.below(a.size());
      first += a[drawn];
      if (paired) second += b[drawn];
    }
    for (std::size_t i = 0; !paired && i < b.size(); ++i) second += b[random.below(b.size())];
    difference = first / static_cast<double>(a.size()) - second / static_cast<double>(b.size());
  }
  std::sort(differences.begin(), differences.end());
  const auto quantile = [&](double share) {  // linear between neighbours, as NumPy's
    const double place = share * static_cast<double>(resamples - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, resamples - 1);
    const double rest = place - static_cast<double>(below);
    return differences[below] + rest * (differences[above] - differences[below]);
  };
  return {quantile((1 - kLevel) / 2), quantile((1 + kLevel) / 2)};
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, static_cast<double>(p.size() - rank) * p[order[rank]]);
    adjusted[order[rank]] = std::min(1.0, largest);
  }
  return adjusted;
}

std::size_t replicas_needed(double effect, bool paired, std::size_t most) {
  for (std::size_t n = 2; n < most; ++n) {
    const auto count = static_cast<double>(n);
    const double degrees = paired ? count - 1 : 2 * count - 2;
    const double shift = std::abs(effect) * std::sqrt(paired ? count : count / 2);
    const double bound = quantile(boost::math::students_t(degrees), 0.5 + kLevel / 2);
    if (shift > 30) return n;  // certain, and beyond what the distribution computes
    if (cdf(complement(boost::math::non_central_t(degrees, shift), bound)) >= kPower) return n;
  }
  return most;
}

}  // namespace unroll::comparison
