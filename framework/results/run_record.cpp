#include <unroll/results/run_record.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <ctime>
#include <limits>

#include <unroll/core/error.hpp>
#include <unroll/results/archive_rows.hpp>

namespace unroll {
namespace {

constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<std::string_view, 5> kStatuses = {"running", "completed", "interrupted",
                                                       "failed", "diverged"};

template <typename Change>
void for_tables(RunRecord& record, Change change) {
  for (MetricTables* tables : {&record.metrics, &record.timing})
    for (auto& [split, table] : *tables) change(table);
}

}  // namespace

std::string_view to_text(RunStatus status) noexcept {
  return kStatuses[static_cast<std::size_t>(status)];
}

std::optional<RunStatus> run_status(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kStatuses.size(); ++i)
    if (kStatuses[i] == text) return static_cast<RunStatus>(i);
  return std::nullopt;
}

std::optional<Metric> find_metric(const std::vector<Metric>& metrics, std::string_view name) {
  const auto found = std::ranges::find(metrics, name, &Metric::name);
  return found == metrics.end() ? std::nullopt : std::optional(*found);
}

void MetricTable::append(std::int64_t step, const std::vector<Metric>& metrics) {
  for (const Metric& metric : metrics)
    if (metric.name.empty() || metric.name == "step" || metric.name == "." ||
        metric.name.find_first_of(std::string_view("/\0", 2)) != std::string::npos)
      fail(Failure::run, "'{}' cannot be the name of a metric", metric.name);
  steps.push_back(step);
  for (const Metric& metric : metrics) {
    Column& column = columns[metric.name];
    if (column.unit.empty()) column.unit = metric.unit;
    column.values.resize(steps.size(), kAbsent);
    column.values.back() = metric.value;
  }
  for (auto& [name, column] : columns) column.values.resize(steps.size(), kAbsent);
}

void MetricTable::truncate(std::size_t rows) {
  if (rows >= steps.size()) return;
  steps.resize(rows);
  for (auto& [name, column] : columns) column.values.resize(rows);
  std::erase_if(columns, [](const auto& entry) {
    for (const double value : entry.second.values)
      if (!std::isnan(value)) return false;
    return true;
  });
}

const std::vector<double>* MetricTable::find(std::string_view name) const noexcept {
  const auto found = columns.find(name);
  return found == columns.end() ? nullptr : &found->second.values;
}

std::optional<double> MetricTable::last(std::string_view name) const noexcept {
  if (const std::vector<double>* values = find(name))
    for (auto value = values->rbegin(); value != values->rend(); ++value)
      if (!std::isnan(*value)) return *value;
  return std::nullopt;
}

void RunRecord::rewind_to_checkpoint() {
  for_tables(*this, [](MetricTable& table) {
    table.truncate(static_cast<std::size_t>(table.checkpoint_rows));
  });
  for (MetricTables* tables : {&metrics, &timing})
    std::erase_if(*tables, [](const auto& entry) { return entry.second.rows() == 0; });
  if (samples.size() > static_cast<std::size_t>(checkpoint_samples))
    samples.resize(static_cast<std::size_t>(checkpoint_samples));
  for (Archive* rows : {&histograms, &recurrence})
    keep_rows(*rows, [this](std::int64_t measured) { return measured <= step; });
}

void RunRecord::mark_checkpoint() {
  for_tables(*this, [](MetricTable& table) {
    table.checkpoint_rows = static_cast<std::int64_t>(table.rows());
  });
  checkpoint_samples = static_cast<std::int64_t>(samples.size());
}

std::string iso_time_now() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

}  // namespace unroll
