// runexp compare: many runs side by side, what differs between them and what they reached.
#include "compare.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <unroll/comparison/group_table.hpp>
#include <unroll/comparison/overview.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

#include "commands.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

using namespace comparison;

/// `a,b` and `--columns a --columns b` alike.
std::vector<std::string> split_commas(const std::vector<std::string>& lists) {
  std::vector<std::string> names;
  for (const std::string& list : lists)
    for (std::size_t begin = 0; begin <= list.size();) {
      const std::size_t end = std::min(list.find(',', begin), list.size());
      if (end > begin) names.push_back(list.substr(begin, end - begin));
      begin = end + 1;
    }
  return names;
}

/// The columns asked for, as figures; what is no figure has no mean.
std::vector<FigureName> figures_of(const std::vector<std::string>& columns) {
  std::vector<FigureName> figures;
  for (const std::string& column : columns) {
    const auto figure = FigureName::parse(column);
    if (!figure)
      fail(Failure::usage, "'{}' is no figure; groups have columns such as validation.loss.best",
           column);
    figures.push_back(*figure);
  }
  return figures;
}

std::vector<FigureName> usual_group_figures(const std::vector<ComparedRun>& runs) {
  std::vector<FigureName> figures;
  for (const FigureName& name : usual_figures(runs)) {
    figures.push_back(name);
    if (figures.size() > 1) continue;
    figures.push_back(name);
    figures.back().which = FigureName::Which::best;
  }
  return figures;
}

std::optional<std::size_t> baseline_of(const Grouping& grouping, const std::string& wanted) {
  if (wanted.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < grouping.groups.size(); ++i) {
    names.push_back(grouping.groups[i].name());
    if (names.back() == wanted) return i;
  }
  fail(Failure::usage, "no group is called '{}' (there are: {}){}", wanted, join(names, "; "),
       did_you_mean(wanted, names));
}

Grouping grouping_of(const std::vector<ComparedRun>& runs, const CompareOptions& options) {
  std::vector<std::string> settings;
  for (const std::string& name : split_commas(options.group_by))
    if (name != "all") settings.push_back(resolve(name, runs));
  Grouping grouping = group_runs(runs, settings);
  for (const std::string& remark : grouping.remarks) warn(remark);
  if (grouping.groups.empty())
    fail(Failure::data, "no run is complete; there is nothing to average");
  if (!options.sort.empty()) {
    const std::string by =
        StatisticName::parse(options.sort) ? options.sort : resolve(options.sort, runs);
    sort_groups(grouping, by, options.descending);
  }
  return grouping;
}

Collection collect(const CompareOptions& options) {
  for (const std::string& query : options.where) Query::parse(query);  // before anything is read
  for (const std::string& query : options.fail_if) Query::parse(query);
  Collection collection = read_runs(find_runs(options.places));
  for (const std::string& problem : collection.problems) warn(problem);
  if (collection.runs.empty())
    fail(Failure::data, "there are no run files in {}", join(options.places));
  for (const ComparedRun& run : collection.runs)
    for (const std::string& warning : run.record.warnings) warn(warning);
  return collection;
}

int compare_pair(const CompareOptions& options) {
  if (options.places.size() != 2)
    fail(Failure::usage, "{} takes two run files, not {}", options.diff ? "--diff" : "--why",
         options.places.size());
  if (options.diff) print_differences(options.places, options);
  if (options.diff && options.why) fmt::print("\n");
  if (options.why) print_reasons(options.places, options);
  return 0;
}

int run_compare(const CompareOptions& options) {
  if (options.diff || options.why) return compare_pair(options);
  if (!options.plot.empty() && (options.json || options.format != "text"))
    fail(Failure::usage, "--plot draws for people; leave it out, or the other form");
  Collection collection = collect(options);
  std::vector<ComparedRun>& runs = collection.runs;
  std::vector<std::string> columns;
  for (const std::string& name : split_commas(options.columns))
    if (name != "run") columns.push_back(resolve(name, runs));  // it comes first in any case
  const bool grouped = !options.group_by.empty();
  const std::string sort =
      options.sort.empty() || grouped ? std::string() : resolve(options.sort, runs);
  filter_runs(runs, options.where);
  if (runs.empty()) fail(Failure::usage, "no run is left by --where {}", join(options.where, ", "));
  std::optional<Grouping> grouping;
  if (grouped) {
    grouping = grouping_of(runs, options);
  } else if (!sort.empty()) {
    sort_runs(runs, sort, options.descending);
  }
  const Grouping* groups = grouping ? &*grouping : nullptr;
  if (!options.plot.empty()) print_plot(runs, groups, options.plot);
  if (groups)
    print_groups(*groups, columns.empty() ? usual_group_figures(runs) : figures_of(columns),
                 baseline_of(*groups, options.baseline), options);
  else
    print_runs(runs, columns.empty() ? usual_columns(runs) : columns, options);
  if (!gates_pass(runs, groups, options.fail_if)) return static_cast<int>(Failure::gate);
  return collection.problems.empty() ? 0 : static_cast<int>(Failure::data);
}

}  // namespace

void warn(std::string_view message) {
  fmt::print(stderr, "{} {}\n", styled(stderr, Style::red, "runexp:"), printable(message));
}

void filter_runs(std::vector<ComparedRun>& runs, const std::vector<std::string>& where) {
  if (runs.empty()) return;
  std::vector<Query> queries;
  for (const std::string& text : where) {
    queries.push_back(Query::parse(text));
    queries.back().rename([&](const std::string& name) { return resolve(name, runs); });
  }
  std::erase_if(runs, [&](const ComparedRun& run) {
    return std::ranges::any_of(queries, [&](const Query& query) {
      return query.of([&](const std::string& name) { return value_of(run, name); }) != Truth::yes;
    });
  });
}

void add_compare(CLI::App& app, Action& chosen) {
  CompareOptions* options = nullptr;
  CLI::App& command =
      add_command(app, chosen, "compare", "many runs side by side: what differs, what was reached",
                  "runexp compare runs --group-by model.many_to_many.cell\n"
                  "  runexp compare runs --where \"training.batch=64 and validation.loss<1.6\" "
                  "--sort validation.loss",
                  options, run_compare);
  command.add_option("runs", options->places, "run files, folders of them, or patterns")
      ->required()
      ->type_name("RUN.h5|DIR…");
  const auto repeatable = [&](const char* name, std::vector<std::string>& values, const char* help,
                              const char* type) {
    command.add_option(name, values, help)->allow_extra_args(false)->type_name(type);
  };
  repeatable("--where", options->where, "only runs of which this holds; repeatable", "QUERY");
  repeatable("--columns", options->columns,
             "settings and figures to show instead of those that differ, e.g. "
             "cell,validation.loss.best",
             "NAME,…");
  repeatable("--group-by", options->group_by,
             "gather replicas over seeds: mean ± standard deviation by these settings (all: by all "
             "that differ); repeatable",
             "SETTING");
  command.add_option("--baseline", options->baseline, "compare groups with this one alone")
      ->type_name("GROUP");
  command.add_flag("--diff", options->diff,
                   "two runs: what they do not share, and their weights parameter by parameter");
  command.add_flag("--why", options->why,
                   "two runs: what may have parted them, and the step at which they parted");
  repeatable("--fail-if", options->fail_if,
             "exit code 6 where this holds or cannot be told, e.g. "
             "\"validation.loss.mean > 1.6\"; repeatable",
             "QUERY");
  command.add_flag("--plot", options->plot,
                   "curves too; --plot=train.loss for another figure than the usual one");
  command.add_option("--sort", options->sort, "order by a setting or figure")->type_name("NAME");
  command.add_flag("--descending", options->descending, "largest first");
  command.add_option("--format", options->format, "text, markdown, csv, json or latex")
      ->check(CLI::IsMember({"text", "markdown", "csv", "json", "latex"}))
      ->type_name("FORM");
  command.add_flag("--json", options->json, "short for --format json");
}

}  // namespace unroll::cli
