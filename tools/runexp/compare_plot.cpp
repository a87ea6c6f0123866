// runexp compare --plot: curves in the terminal, their legend by what differs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include <unroll/comparison/overview.hpp>
#include <unroll/comparison/plot.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

#include "compare.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

using namespace comparison;

constexpr std::size_t kUsualWidth = 80;

std::string paint(std::size_t curve, std::string_view text) {
  constexpr std::array<int, 6> kColours{36, 33, 35, 32, 31, 34};
  return fmt::format("\x1b[{}m{}\x1b[0m", kColours[curve % kColours.size()], text);
}

const MetricTable* table_of(const ComparedRun& run, const FigureName& name) {
  const auto table = run.record.metrics.find(name.split);
  return table == run.record.metrics.end() || !table->second.columns.contains(name.metric)
             ? nullptr
             : &table->second;
}

std::vector<std::pair<double, double>> points_of(const ComparedRun& run, const FigureName& name) {
  std::vector<std::pair<double, double>> points;
  const MetricTable* table = table_of(run, name);
  if (table == nullptr) return points;
  const std::vector<double>& values = *table->find(name.metric);
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] == values[i])  // rows without it are no gaps: columns are measured by turns
      points.emplace_back(static_cast<double>(table->steps[i]), values[i]);
  return points;
}

/// "seed 1, cell lstm"; the file where nothing differs.
std::vector<std::string> legends(const std::vector<ComparedRun>& runs) {
  const std::vector<std::string> settings = differing_settings(runs), titles = titles_of(settings);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::vector<std::string> parts;
    for (std::size_t j = 0; j < settings.size(); ++j) {
      const std::string value = text_of(value_of(runs[i], settings[j]));
      if (!value.empty()) parts.push_back(titles[j] + " " + value);
    }
    names.push_back(parts.empty() ? short_files(runs)[i] : join(parts));
  }
  return names;
}

/// The mean over the replicas, at the steps that all of them measured at.
Curve mean_curve(const Group& group, const FigureName& name) {
  std::map<double, std::vector<double>> by_step;
  std::size_t replicas = 0;
  for (const ComparedRun* run : group.replicas) {
    const auto points = points_of(*run, name);
    if (!points.empty()) ++replicas;
    for (const auto& [step, value] : points) by_step[step].push_back(value);
  }
  Curve curve{fmt::format("{} (mean of {})", group.name(), replicas), {}};
  for (const auto& [step, values] : by_step)
    if (values.size() == replicas) curve.points.emplace_back(step, spread_of(values).mean);
  return curve;
}

}  // namespace

void print_plot(const std::vector<ComparedRun>& runs, const Grouping* grouping,
                const std::string& metric) {
  std::optional<FigureName> name;
  if (metric == "true") {  // without a name
    const std::vector<FigureName> usual = usual_figures(runs);
    if (!usual.empty()) name = usual.front();
  } else {
    name = FigureName::parse(resolve(metric, runs));
    if (!name) fail(Failure::usage, "'{}' has no curve; plot e.g. validation.loss", metric);
  }
  std::vector<Curve> curves;
  if (name && grouping) {
    for (const Group& group : grouping->groups) curves.push_back(mean_curve(group, *name));
  } else if (name) {
    const std::vector<std::string> names = legends(runs);
    for (std::size_t i = 0; i < runs.size(); ++i)
      curves.push_back({names[i], points_of(runs[i], *name)});
  }
  std::erase_if(curves, [](const Curve& curve) { return curve.points.empty(); });
  if (curves.empty()) fail(Failure::data, "no run has measured anything to plot");
  PlotOptions options;
  const std::size_t limit = line_limit(stdout);
  options.width = limit == 0 ? kUsualWidth : std::min<std::size_t>(limit, 160);
  options.y = name->split + " " + name->metric;
  if (is_terminal(stdout)) options.paint = paint;
  fmt::print("{}\n", plot(curves, options));
}

}  // namespace unroll::cli
