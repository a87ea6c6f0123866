// Wilcoxon's tests. Ranks are doubled, so that the mean ranks of ties are whole numbers and sums of
// ranks can be counted exactly.
#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>

#include <unroll/comparison/statistics.hpp>

namespace unroll::comparison {
namespace {

constexpr std::size_t kExact = 60;

struct Ranks {
  std::vector<std::size_t> doubled;
  double ties = 0;  ///< sum of t³ - t over groups of equal values
};

Ranks ranks_of(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });
  Ranks ranks{std::vector<std::size_t>(values.size()), 0};
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i) ranks.doubled[order[i]] = begin + 1 + end;
    const auto tied = static_cast<double>(end - begin);
    ranks.ties += tied * tied * tied - tied;
    begin = end;
  }
  return ranks;
}

/// Twice the smaller tail, of probabilities by sum and the sum that was seen.
double two_sided(const std::vector<double>& probability, std::size_t seen) {
  double below = 0, above = 0;
  for (std::size_t sum = 0; sum < probability.size(); ++sum) {
    if (sum <= seen) below += probability[sum];
    if (sum >= seen) above += probability[sum];
  }
  return std::min(1.0, 2 * std::min(below, above));
}

double normal_p(double z) {
  return std::min(1.0, 2 * cdf(complement(boost::math::normal(), std::abs(z))));
}

}  // namespace

double wilcoxon_p(std::span<const double> a, std::span<const double> b) {
  std::vector<double> sizes;
  std::vector<bool> positive;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = a[i] - b[i];
    if (difference == 0) continue;
    sizes.push_back(std::abs(difference));
    positive.push_back(difference > 0);
  }
  if (sizes.empty()) return 1;
  const Ranks ranks = ranks_of(sizes);
  const std::size_t n = sizes.size();
  std::size_t seen = 0;
  for (std::size_t i = 0; i < n; ++i) seen += positive[i] ? ranks.doubled[i] : 0;
  if (n > kExact) {
    const auto count = static_cast<double>(n);
    const double mean = count * (count + 1) / 4;
    const double variance = count * (count + 1) * (2 * count + 1) / 24 - ranks.ties / 48;
    return normal_p((static_cast<double>(seen) / 2 - mean) / std::sqrt(variance));
  }
  // Each rank is positive with probability one half.
  std::vector<double> probability(n * (n + 1) + 1, 0.0);
  probability[0] = 1;
  std::size_t most = 0;
  for (const std::size_t rank : ranks.doubled) {
    most += rank;
    for (std::size_t sum = most + 1; sum-- > 0;)
      probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0)) / 2;
  }
  return two_sided(probability, seen);
}

double mann_whitney_p(std::span<const double> a, std::span<const double> b) {
  std::vector<double> all(a.begin(), a.end());
  all.insert(all.end(), b.begin(), b.end());
  const Ranks ranks = ranks_of(all);
  std::size_t seen = 0;
  for (std::size_t i = 0; i < a.size(); ++i) seen += ranks.doubled[i];
  const std::size_t total = all.size();
  if (total > kExact) {
    const auto n = static_cast<double>(a.size()), m = static_cast<double>(b.size()), count = n + m;
    const double u = static_cast<double>(seen) / 2 - n * (n + 1) / 2;
    const double variance = n * m / 12 * (count + 1 - ranks.ties / (count * (count - 1)));
    if (!(variance > 0)) return 1;
    return normal_p(std::max(0.0, std::abs(u - n * m / 2) - 0.5) / std::sqrt(variance));
  }
  // chosen[k][sum]: the share of choices of k of the ranks seen so far that have this sum, among
  // all choices; Pascal's triangle as probabilities keeps the numbers small.
  const std::size_t most = total * (total + 1), n = a.size();
  std::vector<std::vector<double>> chosen(n + 1, std::vector<double>(most + 1, 0.0));
  chosen[0][0] = 1;
  for (std::size_t i = 0; i < total; ++i) {
    // The i-th of `total` is among the n chosen; with k chosen before it, n-k of the rest are.
    const auto left = static_cast<double>(total - i);
    std::vector<std::vector<double>> next(n + 1, std::vector<double>(most + 1, 0.0));
    for (std::size_t k = 0; k <= std::min(i, n); ++k) {
      const double taken = std::clamp(static_cast<double>(n - k) / left, 0.0, 1.0);
      for (std::size_t sum = 0; sum <= most; ++sum) {
        const double here = chosen[k][sum];
        if (here == 0) continue;
        next[k][sum] += here * (1 - taken);
        if (k < n) next[k + 1][sum + ranks.doubled[i]] += here * taken;
      }
    }
    chosen = std::move(next);
  }
  return two_sided(chosen[n], seen);
}

}  // namespace unroll::comparison
