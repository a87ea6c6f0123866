#include <algorithm>
#include <cmath>

#include <unroll/comparison/groups.hpp>

namespace unroll::comparison {
namespace {

constexpr double kLevel = 0.05;
constexpr std::size_t kFewest = 3;  ///< seeds a group that a verdict needs

using Figures = std::vector<std::pair<std::uint64_t, double>>;

std::vector<double> values_of(const Figures& figures) {
  std::vector<double> values;
  for (const auto& [seed, value] : figures) values.push_back(value);
  return values;
}

/// The difference in units of what it varies by: the pairs' deviation, or the pooled one.
std::size_t seeds_needed(const Contrast& contrast) {
  const TTest& test = *contrast.test;
  const double per_group = static_cast<double>(std::min(contrast.of_a.n, contrast.of_b.n));
  if (test.difference == 0 || std::isinf(test.t)) return 0;
  return replicas_needed(test.t / std::sqrt(contrast.paired ? per_group : per_group / 2),
                         contrast.paired);
}

Contrast contrast_of(const Group& a, const Group& b, const FigureName& figure) {
  Contrast contrast;
  contrast.a = &a;
  contrast.b = &b;
  contrast.figure = figure;
  const Figures of_a = a.figures(figure), of_b = b.figures(figure);
  const std::vector<double> x = values_of(of_a), y = values_of(of_b);
  contrast.paired =
      std::ranges::equal(of_a, of_b, {}, &Figures::value_type::first, &Figures::value_type::first);
  if (!x.empty()) contrast.of_a = spread_of(x);
  if (!y.empty()) contrast.of_b = spread_of(y);
  if (x.size() < 2 || y.size() < 2) return contrast;
  contrast.test = contrast.paired ? paired_test(x, y) : welch_test(x, y);
  contrast.rank_p = contrast.paired ? wilcoxon_p(x, y) : mann_whitney_p(x, y);
  contrast.hedges_g = hedges_g(x, y);
  contrast.bootstrap = bootstrap_interval(x, y, contrast.paired);
  contrast.needed = seeds_needed(contrast);
  return contrast;
}

}  // namespace

Contrast::Verdict Contrast::verdict() const {
  if (!test || std::min(of_a.n, of_b.n) < kFewest) return Verdict::too_few_seeds;
  return adjusted_p < kLevel ? Verdict::more_than_noise : Verdict::not_told_from_noise;
}

std::vector<Contrast> contrasts(const Grouping& grouping, const FigureName& figure,
                                std::optional<std::size_t> baseline) {
  std::vector<Contrast> found;
  for (std::size_t i = 0; i < grouping.groups.size(); ++i)
    for (std::size_t j = 0; j < grouping.groups.size(); ++j)
      if (baseline ? (j == *baseline && i != j) : i < j)
        found.push_back(contrast_of(grouping.groups[i], grouping.groups[j], figure));
  std::vector<double> p;
  for (const Contrast& one : found)
    if (one.test) p.push_back(one.test->p);
  const std::vector<double> adjusted = holm(p);
  std::size_t next = 0;
  for (Contrast& one : found)
    if (one.test) one.adjusted_p = adjusted[next++];
  return found;
}

}  // namespace unroll::comparison
