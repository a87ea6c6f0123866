#include "sampler_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace unroll::cli {
namespace {

/// The mean over the samples that have it.
std::optional<Metric> mean(const std::vector<const SampleReport*>& samples, const char* name) {
  std::optional<Metric> sum;
  std::int64_t count = 0;
  for (const SampleReport* sample : samples)
    if (const std::optional<Metric> figure = find_metric(sample->figures, name)) {
      if (!sum) sum = Metric{name, 0, figure->unit};
      sum->value += figure->value;
      ++count;
    }
  if (sum) sum->value /= static_cast<double>(count);
  return sum;
}

struct Column {
  const char *name, *head;
};
constexpr std::array kColumns = {
    Column{"distinct_2", "distinct-2"}, Column{"repetition", "repetition"},
    Column{"known_words", "known words"}, Column{"loss", "nats/token"}};

}  // namespace

std::vector<SamplerRow> compare_samplers(const std::vector<SampleReport>& samples) {
  std::vector<std::pair<std::string, std::vector<const SampleReport*>>> groups;
  for (const SampleReport& sample : samples) {
    if (sample.expected) continue;
    auto group = std::ranges::find(groups, sample.sampler, &decltype(groups)::value_type::first);
    if (group == groups.end()) group = groups.insert(groups.end(), {sample.sampler, {}});
    group->second.push_back(&sample);
  }
  std::vector<SamplerRow> rows;
  for (const auto& [sampler, texts] : groups) {
    SamplerRow& row = rows.emplace_back(SamplerRow{sampler, std::ssize(texts), 0, {}});
    for (const SampleReport* text : texts) {
      const std::optional<Metric> cycle = find_metric(text->figures, "cycle");
      row.cycling += cycle && cycle->value > 0 ? 1 : 0;
    }
    for (const Column& column : kColumns)
      if (const std::optional<Metric> figure = mean(texts, column.name))
        row.figures.push_back(*figure);
  }
  return rows;
}

std::string sampler_table(const std::vector<SamplerRow>& rows) {
  if (rows.size() < 2) return {};
  std::size_t width = 7;
  for (const SamplerRow& row : rows) width = std::max(width, row.sampler.size());
  std::string table = fmt::format("  {:<{}}", "sampler", width);
  for (const Column& column : kColumns) table += fmt::format("  {:>11}", column.head);
  table += "  cycling\n";
  for (const SamplerRow& row : rows) {
    table += fmt::format("  {:<{}}", row.sampler, width);
    for (const Column& column : kColumns) {
      const std::optional<Metric> figure = find_metric(row.figures, column.name);
      table += figure ? fmt::format("  {:>11.3f}", figure->value) : fmt::format("  {:>11}", "-");
    }
    table += fmt::format("  {:>7}\n", fmt::format("{}/{}", row.cycling, row.texts));
  }
  return table;
}

Json sampler_json(const std::vector<SamplerRow>& rows) {
  Json list = Json::array();
  for (const SamplerRow& row : rows) {
    Json json = {{"sampler", row.sampler}, {"texts", row.texts}, {"cycling", row.cycling}};
    for (const Metric& figure : row.figures) json[figure.name] = figure.value;
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace unroll::cli
