// runexp compare: many runs side by side, what differs between them and what they reached.
#include "compare.hpp"

#include <fmt/format.h>

#include <unroll/comparison/group_table.hpp>
#include <unroll/comparison/overview.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

#include "commands.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

using namespace comparison;

void warn(std::string_view message) {
  fmt::print(stderr, "{} {}\n", styled(stderr, Style::red, "runexp:"), printable(message));
}

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

std::vector<Query> queries(const std::vector<std::string>& texts) {
  std::vector<Query> parsed;
  for (const std::string& text : texts) parsed.push_back(Query::parse(text));
  return parsed;
}

void filter(std::vector<ComparedRun>& runs, std::vector<Query> wanted) {
  for (Query& query : wanted) {
    query.rename([&](const std::string& name) { return resolve(name, runs); });
    std::erase_if(runs, [&](const ComparedRun& run) {
      const auto value = [&](const std::string& name) { return value_of(run, name); };
      return query.of(value) != Truth::yes;
    });
  }
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

void compare_groups(const std::vector<ComparedRun>& runs, const std::vector<std::string>& columns,
                    const CompareOptions& options) {
  std::vector<std::string> settings;
  for (const std::string& name : split_commas(options.group_by))
    if (name != "all") settings.push_back(resolve(name, runs));
  Grouping grouping = group_runs(runs, settings);
  for (const std::string& remark : grouping.remarks) warn(remark);
  if (grouping.groups.empty())
    fail(Failure::data, "no run is complete; there is nothing to average");
  const std::vector<FigureName> figures =
      columns.empty() ? usual_group_figures(runs) : figures_of(columns);
  if (!options.sort.empty()) {
    const std::string by = StatisticName::parse(options.sort) ? options.sort
                                                              : resolve(options.sort, runs);
    sort_groups(grouping, by, options.descending);
  }
  print_groups(grouping, figures, baseline_of(grouping, options.baseline), options);
}

int run_compare(const CompareOptions& options) {
  const std::vector<Query> wanted = queries(options.where);
  Collection collection = read_runs(find_runs(options.places));
  for (const std::string& problem : collection.problems) warn(problem);
  std::vector<ComparedRun>& runs = collection.runs;
  const int code = collection.problems.empty() ? 0 : static_cast<int>(Failure::data);
  if (runs.empty()) fail(Failure::data, "there are no run files in {}", join(options.places));
  for (const ComparedRun& run : runs)
    for (const std::string& warning : run.record.warnings) warn(warning);
  std::vector<std::string> columns;
  for (const std::string& name : split_commas(options.columns))
    columns.push_back(resolve(name, runs));
  const std::string sort = options.sort.empty() || !options.group_by.empty()
                               ? std::string()
                               : resolve(options.sort, runs);
  filter(runs, wanted);
  if (runs.empty()) fail(Failure::usage, "no run is left by --where {}", join(options.where, ", "));
  if (!options.group_by.empty()) {
    compare_groups(runs, columns, options);
  } else {
    if (!sort.empty()) sort_runs(runs, sort, options.descending);
    print_runs(runs, columns.empty() ? usual_columns(runs) : columns, options);
  }
  return code;
}

}  // namespace

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
  command.add_option("--sort", options->sort, "order by a setting or figure")->type_name("NAME");
  command.add_flag("--descending", options->descending, "largest first");
  command.add_option("--format", options->format, "text, markdown, csv, json or latex")
      ->check(CLI::IsMember({"text", "markdown", "csv", "json", "latex"}))
      ->type_name("FORM");
  command.add_flag("--json", options->json, "short for --format json");
}

}  // namespace unroll::cli
