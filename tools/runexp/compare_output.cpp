// How `runexp compare` writes runs and groups: tables, and everything as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <unroll/comparison/group_table.hpp>
#include <unroll/comparison/overview.hpp>
#include <unroll/core/text.hpp>

#include "compare.hpp"
#include "json_output.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

using namespace comparison;

Json json_of(const Value& value) {
  if (const auto* number = std::get_if<double>(&value))
    return std::isfinite(*number) ? Json(*number) : Json();
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) return *texts;
  return {};
}

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json spread_json(const Spread& spread) {
  if (spread.n == 0) return {{"n", 0}};
  return {{"n", spread.n},           {"mean", spread.mean}, {"sd", number(spread.deviation)},
          {"median", spread.median}, {"min", spread.least}, {"max", spread.most}};
}

Json interval_json(const Interval& interval) {
  return Json::array({number(interval.low), number(interval.high)});
}

Json contrast_json(const Contrast& contrast) {
  Json found = {{"a", contrast.a->name()},
                {"b", contrast.b->name()},
                {"figure", contrast.figure.text()},
                {"verdict", verdict_name(contrast.verdict())},
                {"paired", contrast.paired},
                {"a_n", contrast.of_a.n},
                {"b_n", contrast.of_b.n}};
  if (!contrast.test) return found;
  const TTest& test = *contrast.test;
  found["difference"] = number(test.difference);
  found["interval_95"] = interval_json(test.interval);
  found["t"] = number(test.t);
  found["degrees_of_freedom"] = number(test.degrees);
  found["p"] = test.p;
  found["p_holm"] = contrast.adjusted_p;
  found[contrast.paired ? "wilcoxon_p" : "mann_whitney_p"] = contrast.rank_p;
  found["hedges_g"] = contrast.hedges_g ? Json(*contrast.hedges_g) : Json();
  found["bootstrap_95"] = interval_json(contrast.bootstrap);
  found["seeds_needed"] = contrast.needed == 0 ? Json() : Json(contrast.needed);
  return found;
}

Json group_json(const Group& group, const Grouping& grouping,
                const std::vector<FigureName>& figures) {
  Json settings = Json::object(), found = Json::object(), files = Json::array();
  for (std::size_t i = 0; i < grouping.settings.size(); ++i)
    settings[grouping.settings[i]] =
        json_of(value_of(*group.replicas.front(), grouping.settings[i]));
  for (const FigureName& name : figures) {
    std::vector<double> values;
    for (const auto& [seed, value] : group.figures(name)) values.push_back(value);
    found[name.text()] = spread_json(values.empty() ? Spread{} : spread_of(values));
  }
  for (const ComparedRun* run : group.replicas) files.push_back(run->path.string());
  return {{"name", group.name()},
          {"settings", settings},
          {"seeds", group.seeds},
          {"files", files},
          {"figures", found}};
}

std::string bold(std::string_view text) {
  return styled(stdout, Style::bold, text);
}

}  // namespace

void print_table(const Table& table, const std::string& format) {
  if (format == "markdown") return fmt::print("{}", to_markdown(table));
  if (format == "csv") return fmt::print("{}", to_csv(table));
  if (format == "latex") return fmt::print("{}", to_latex(table));
  std::vector<std::string> left_out;
  fmt::print("{}", to_text(table, line_limit(stdout), left_out, bold));
  if (!left_out.empty())
    fmt::print(stderr, "no room for {}; choose by --columns, or --format csv\n",
               printable(join(left_out)));
}

void print_runs(const std::vector<ComparedRun>& runs, const std::vector<std::string>& columns,
                const CompareOptions& options) {
  if (!options.json && options.format != "json")
    return print_table(overview(runs, columns), options.format);
  Json all = Json::array();
  for (const ComparedRun& run : runs) {
    Json one = {{"file", run.path.string()}};
    for (const std::string& column : columns) one[column] = json_of(value_of(run, column));
    all.push_back(std::move(one));
  }
  print_json({{"differing", differing_settings(runs)}, {"runs", all}});
}

void print_groups(const Grouping& grouping, const std::vector<FigureName>& figures,
                  std::optional<std::size_t> baseline, const CompareOptions& options) {
  std::vector<std::vector<Contrast>> found;
  for (const FigureName& figure : figures) found.push_back(contrasts(grouping, figure, baseline));
  if (options.json || options.format == "json") {
    Json groups = Json::array(), pairs = Json::array();
    for (const Group& group : grouping.groups)
      groups.push_back(group_json(group, grouping, figures));
    for (const auto& of_figure : found)
      for (const Contrast& contrast : of_figure) pairs.push_back(contrast_json(contrast));
    print_json({{"grouped_by", grouping.settings},
                {"groups", groups},
                {"contrasts", pairs},
                {"remarks", grouping.remarks}});
    return;
  }
  print_table(group_table(grouping, figures, options.format == "csv"), options.format);
  if (options.format == "csv") return;
  // What was not asked for is judged by the first figure alone.
  const std::size_t judged =
      options.columns.empty() ? std::min<std::size_t>(1, figures.size()) : figures.size();
  for (std::size_t i = 0; i < judged; ++i) {
    if (found[i].empty()) continue;
    const Table table = contrast_table(found[i]);
    const std::string title = titles_of({figures[i].text()}).front();
    if (options.format == "text")
      fmt::print("\n{}\n", bold(title));
    else
      fmt::print("\n{}{}\n\n", options.format == "latex" ? "% " : "", title);
    print_table(table, options.format);
  }
}

}  // namespace unroll::cli
