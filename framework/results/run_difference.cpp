#include <unroll/results/run_difference.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>

namespace unroll {
namespace {

constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();

template <typename T>
bool same(const T& a, const T& b) {
  return a == b;
}
bool same(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}
bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// A row's value in a table that may lack the column; absent values are all alike.
double value_at(const MetricTable& table, const std::string& name, std::size_t row) {
  const std::vector<double>* values = table.find(name);
  return values == nullptr ? std::nan("") : (*values)[row];
}

std::size_t rows_until(const MetricTable& table, std::int64_t until) {
  return static_cast<std::size_t>(std::upper_bound(table.steps.begin(), table.steps.end(), until) -
                                  table.steps.begin());
}

/// The first row in which two tables of a split differ.
std::optional<RunDifference> table_difference(const std::string& split, const MetricTable& a,
                                              const MetricTable& b, std::int64_t until) {
  std::set<std::string> all;
  for (const MetricTable* table : {&a, &b})
    for (const auto& [name, column] : table->columns) all.insert(name);
  std::vector<std::string> names(all.begin(), all.end());
  std::stable_partition(names.begin(), names.end(),  // the loss, of which others are functions
                        [](const std::string& name) { return name == "loss"; });
  const std::size_t rows_a = rows_until(a, until), rows_b = rows_until(b, until);
  for (std::size_t row = 0; row < std::min(rows_a, rows_b); ++row) {
    if (a.steps[row] != b.steps[row])
      return RunDifference{"metrics", std::min(a.steps[row], b.steps[row]),
                           fmt::format("{} has a row of step {} in the first and of step {} in the "
                                       "second",
                                       split, a.steps[row], b.steps[row])};
    for (const std::string& name : names) {
      const double x = value_at(a, name, row), y = value_at(b, name, row);
      if (same(x, y) || (std::isnan(x) && std::isnan(y))) continue;
      return RunDifference{
          "metrics", a.steps[row],
          fmt::format("{}/{} at step {}: {} and {}", split, name, a.steps[row], x, y)};
    }
  }
  if (rows_a == rows_b) return std::nullopt;
  const MetricTable& longer = rows_a > rows_b ? a : b;
  const std::int64_t step = longer.steps[std::min(rows_a, rows_b)];
  return RunDifference{"metrics", step,
                       fmt::format("{} has a row of step {} in the {} alone", split, step,
                                   rows_a > rows_b ? "first" : "second")};
}

/// Of all splits the earliest.
std::optional<RunDifference> metric_difference(const MetricTables& a, const MetricTables& b,
                                               std::int64_t until) {
  static const MetricTable empty;
  std::set<std::string> splits;
  for (const MetricTables* tables : {&a, &b})
    for (const auto& [split, table] : *tables) splits.insert(split);
  std::optional<RunDifference> first;
  for (const std::string& split : splits) {
    const auto x = a.find(split), y = b.find(split);
    const auto found = table_difference(split, x == a.end() ? empty : x->second,
                                        y == b.end() ? empty : y->second, until);
    if (found && (!first || *found->step < *first->step)) first = found;
  }
  return first;
}

std::optional<RunDifference> sample_difference(const std::vector<RunSample>& a,
                                               const std::vector<RunSample>& b,
                                               std::int64_t until) {
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    if (i < std::min(a.size(), b.size()) && a[i] == b[i]) continue;
    const RunSample& shown = i < a.size() ? a[i] : b[i];
    if (shown.step > until) return std::nullopt;
    std::string text = fmt::format("{} at step {}", shown.sampler, shown.step);
    if (i >= std::min(a.size(), b.size()))
      text += fmt::format(", in the {} alone", i < a.size() ? "first" : "second");
    else if (a[i].text != b[i].text)
      text += fmt::format(": '{}' and '{}'", a[i].text, b[i].text);
    return RunDifference{"samples", shown.step, text};
  }
  return std::nullopt;
}

/// "[3, 17]" of a flat index.
std::string index_text(std::size_t flat, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> index(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    const auto extent = static_cast<std::size_t>(shape[axis]);
    index[axis] = static_cast<std::int64_t>(flat % extent);
    flat /= extent;
  }
  return shape.empty() ? std::string() : shape_text(index);
}

/// What differs in two arrays of one name; nothing if they are the same bits.
std::optional<std::string> array_difference(const std::string& name, const Array& a,
                                            const Array& b) {
  if (a.shape != b.shape)
    return fmt::format("{}: shapes {} and {}", name, shape_text(a.shape), shape_text(b.shape));
  if (a.values.index() != b.values.index()) return fmt::format("{}: of different types", name);
  return std::visit(
      [&](const auto& x) -> std::optional<std::string> {
        const auto& y = std::get<std::decay_t<decltype(x)>>(b.values);
        std::size_t first = x.size(), count = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
          if (same(x[i], y[i])) continue;
          if (count++ == 0) first = i;
        }
        if (count == 0) return std::nullopt;
        std::string text =
            fmt::format("{}{}: {} and {}", name, index_text(first, a.shape), x[first], y[first]);
        if (x.size() > 1) text += fmt::format(" ({} of {} values differ)", count, x.size());
        return text;
      },
      a.values);
}

std::optional<RunDifference> archive_difference(const std::string& part, const Archive& a,
                                                const Archive& b) {
  const auto timed = [](const std::string& name) { return name.starts_with("timing/"); };
  for (const auto& [name, array] : a.entries()) {
    if (timed(name)) continue;
    if (!b.has(name)) return RunDifference{part, {}, name + " is in the first alone"};
    if (const auto text = array_difference(name, array, b.array(name)))
      return RunDifference{part, {}, *text};
  }
  for (const auto& [name, array] : b.entries())
    if (!timed(name) && !a.has(name))
      return RunDifference{part, {}, name + " is in the second alone"};
  return std::nullopt;
}

}  // namespace

std::vector<RunDifference> run_differences(const RunRecord& a, const RunRecord& b,
                                           std::optional<std::int64_t> until) {
  std::vector<RunDifference> found;
  const auto add = [&](std::optional<RunDifference> difference) {
    if (difference) found.push_back(std::move(*difference));
  };
  add(metric_difference(a.metrics, b.metrics, until.value_or(kForEver)));
  add(sample_difference(a.samples, b.samples, until.value_or(kForEver)));
  if (until) return found;
  add(archive_difference("evaluation", a.evaluation, b.evaluation));
  add(archive_difference("histograms", a.histograms, b.histograms));
  add(archive_difference("recurrence", a.recurrence, b.recurrence));
  add(archive_difference("reading", a.reading, b.reading));
  add(archive_difference("weights", a.weights, b.weights));
  if (a.best.has_value() != b.best.has_value())
    found.push_back({"best", {}, "one has best weights, the other has none"});
  else if (a.best && a.best->step != b.best->step)
    found.push_back(
        {"best", {}, fmt::format("of step {} and of step {}", a.best->step, b.best->step)});
  else if (a.best)
    add(archive_difference("best", a.best->weights, b.best->weights));
  add(archive_difference("state", a.state, b.state));
  return found;
}

}  // namespace unroll
