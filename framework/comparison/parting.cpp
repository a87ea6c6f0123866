#include <bit>
#include <cmath>
#include <map>

#include <unroll/comparison/difference.hpp>

namespace unroll::comparison {
namespace {

/// The rows of a table by step; of a step measured twice the last.
std::map<std::int64_t, std::size_t> rows_of(const MetricTable& table) {
  std::map<std::int64_t, std::size_t> rows;
  for (std::size_t i = 0; i < table.steps.size(); ++i) rows[table.steps[i]] = i;
  return rows;
}

/// Training figures are means of the steps since the last row, so the spans have to be the same
/// too.
bool same_span(const MetricTable& a, std::size_t row_a, const MetricTable& b, std::size_t row_b) {
  const auto begin = [](const MetricTable& table, std::size_t row) {
    return row == 0 ? 0 : table.steps[row - 1];
  };
  return begin(a, row_a) == begin(b, row_b);
}

bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

}  // namespace

std::optional<Parting> parting(const RunRecord& a, const RunRecord& b, std::size_t& shared) {
  std::optional<Parting> first;
  std::optional<std::int64_t> first_step;  // at which both measured anything
  shared = 0;
  for (const auto& [split, of_a] : a.metrics) {
    const auto found = b.metrics.find(split);
    if (found == b.metrics.end()) continue;
    const MetricTable& of_b = found->second;
    const auto rows = rows_of(of_b);
    for (const auto& [step, row] : rows_of(of_a)) {
      const auto other = rows.find(step);
      if (other == rows.end()) continue;
      if (split == "train" && !same_span(of_a, row, of_b, other->second)) continue;
      ++shared;
      if (!first_step || step < *first_step) first_step = step;
      if (first && step >= first->step) continue;
      Parting here{step, split, {}, 0, 0, false};
      for (const auto& [name, column] : of_a.columns) {
        const std::vector<double>* values = of_b.find(name);
        if (values == nullptr || same(column.values[row], (*values)[other->second])) continue;
        if (here.metrics.empty()) {
          here.a = column.values[row];
          here.b = (*values)[other->second];
        }
        here.metrics.push_back(name);
      }
      if (!here.metrics.empty()) first = here;
    }
  }
  if (first) first->first_row = first->step == *first_step;
  return first;
}

}  // namespace unroll::comparison
