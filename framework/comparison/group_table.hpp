// Groups and what their differences are worth, as tables.
#pragma once

#include <string_view>
#include <vector>

#include <unroll/comparison/groups.hpp>
#include <unroll/comparison/table.hpp>

namespace unroll::comparison {

/// A row a group: the settings grouped by, the number of replicas, and each figure as mean ±
/// standard deviation; with `separate` these are columns of their own, FIGURE.mean and FIGURE.sd.
/// Decimals follow the smallest deviation: two digits of it.
Table group_table(const Grouping& grouping, const std::vector<FigureName>& figures, bool separate);

/// A row a pair of groups of one figure: difference with its 95 % intervals, p (Holm's and that of
/// ranks), Hedges' g, what it was compared by and the verdict. With more than ten pairs, only those
/// with the group that did best.
Table contrast_table(const std::vector<Contrast>& contrasts);

/// "more than noise", "not told from noise", "too few seeds to tell".
std::string_view verdict_name(Contrast::Verdict verdict) noexcept;

/// Orders groups as `sort_runs` does runs, by a setting grouped by or a statistic.
void sort_groups(Grouping& grouping, std::string_view name, bool descending);

}  // namespace unroll::comparison
