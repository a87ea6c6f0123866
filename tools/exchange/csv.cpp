#include "csv.hpp"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include <unroll/core/text.hpp>

namespace unroll {
namespace {

constexpr const char* kLineEnd = "\r\n";

/// Whole characters stay, every byte that is none becomes U+FFFD.
std::string as_utf8(std::string_view text) {
  std::string result;
  while (const auto bad = first_invalid_utf8(text)) {
    result += text.substr(0, *bad);
    result += "\xef\xbf\xbd";
    text.remove_prefix(*bad + 1);
  }
  return result.append(text);
}

std::string field(const std::string& text) {
  const std::string plain = as_utf8(text);
  const bool spaced = !plain.empty() && (plain.front() == ' ' || plain.back() == ' ');
  if (!spaced && plain.find_first_of(",\"\r\n") == std::string::npos) return plain;
  std::string quoted = "\"";
  for (const char c : plain) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

void add_tables(const MetricTables& tables, std::string& csv) {
  for (const auto& [split, table] : tables)
    for (std::size_t row = 0; row < table.rows(); ++row)
      for (const auto& [name, column] : table.columns)
        if (!std::isnan(column.values[row]))
          csv += fmt::format("{},{},{},{},{}{}", field(split), table.steps[row], field(name),
                             field(column.unit), column.values[row], kLineEnd);
}

}  // namespace

std::string metrics_csv(const RunRecord& run) {
  std::string csv = fmt::format("split,step,name,unit,value{}", kLineEnd);
  add_tables(run.metrics, csv);
  add_tables(run.timing, csv);
  return csv;
}

std::string samples_csv(const RunRecord& run) {
  std::set<std::string> figures;
  for (const RunSample& sample : run.samples)
    for (const Metric& metric : sample.figures) figures.insert(metric.name);
  std::string csv = "step,sampler,prompt,text,expected";
  for (const std::string& name : figures) csv += "," + field(name);
  csv += kLineEnd;
  for (const RunSample& sample : run.samples) {
    csv += fmt::format("{},{},{},{},{}", sample.step, field(sample.sampler), field(sample.prompt),
                       field(sample.text), field(sample.expected));
    for (const std::string& name : figures) {
      const auto found = find_metric(sample.figures, name);
      csv += found ? fmt::format(",{}", found->value) : ",";
    }
    csv += kLineEnd;
  }
  return csv;
}

}  // namespace unroll
