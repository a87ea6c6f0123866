// runexp list: the runs of a folder, newest first, with progress and what each reached best.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include <unroll/comparison/overview.hpp>
#include <unroll/comparison/query.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

#include "commands.hpp"
#include "compare.hpp"
#include "json_output.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

namespace fs = std::filesystem;
using namespace comparison;

constexpr const char* kSweepLog = "sweep.jsonl";  ///< what makes a folder a sweep's

struct Options {
  std::string folder = "runs";
  std::vector<std::string> where;
  bool all = false, json = false;
};

/// The best value of the figure that suits the run's task.
struct Reached {
  FigureName name;
  Best best;
  std::string unit;
};

std::optional<Reached> reached(const ComparedRun& run) {
  const std::vector<FigureName> usual = usual_figures(std::span(&run, 1));
  if (usual.empty()) return std::nullopt;
  const MetricTable& table = run.record.metrics.find(usual.front().split)->second;
  const std::optional<Best> best = best_of(table, usual.front().metric);
  if (!best) return std::nullopt;
  return Reached{usual.front(), *best, table.columns.find(usual.front().metric)->second.unit};
}

std::string reached_text(const ComparedRun& run) {
  const std::optional<Reached> found = reached(run);
  if (!found) return "-";
  const std::string split = found->name.split == "validation" ? "" : found->name.split + " ";
  const std::string unit = found->unit == "1" || found->unit.empty() ? "" : " " + found->unit;
  return fmt::format("{}{} {:.4f}{}", split, found->name.metric, found->best.value, unit);
}

/// Steps done, the journal's included.
std::int64_t steps_done(const RunRecord& record) {
  std::int64_t step = record.step;
  for (const auto& [split, table] : record.metrics)
    if (!table.steps.empty()) step = std::max(step, table.steps.back());
  return step;
}

std::optional<double> progress(const ComparedRun& run) {
  if (run.record.planned_steps <= 0) return std::nullopt;
  return static_cast<double>(steps_done(run.record)) /
         static_cast<double>(run.record.planned_steps);
}

/// "running 45 %"; of what ended, the status alone.
std::string status_text(const ComparedRun& run) {
  const std::optional<double> share = progress(run);
  if (run.record.status == RunStatus::completed || !share) return run.status;
  return fmt::format("{} {:.0f} %", run.status, 100 * std::min(1.0, *share));
}

Json json_of(const ComparedRun& run) {
  const std::optional<Reached> found = reached(run);
  const auto best = [&](const char* metric) {
    const auto value = figure(run.record, {"validation", metric, FigureName::Which::best});
    return value ? Json(*value) : Json();
  };
  const std::optional<double> share = progress(run);
  Json json = {{"file", run.path.string()},
               {"experiment", run.record.experiment},
               {"name", run.record.labels.name},
               {"tags", run.record.labels.tags},
               {"note", run.record.labels.note},
               {"status", run.status},
               {"step", run.record.step},
               {"steps_done", steps_done(run.record)},
               {"progress", share ? Json(*share) : Json()},
               {"validation_loss", best("loss")},
               {"validation_bits_per_character", best("bits_per_character")},
               {"created", run.record.created}};
  json["best"] = found ? Json{{"figure", found->name.text()},
                              {"value", found->best.value},
                              {"step", found->best.step},
                              {"unit", found->unit}}
                       : Json();
  return json;
}

/// The sweep's folder that a run lies in, below the folder listed; empty if there is none.
fs::path sweep_of(const ComparedRun& run, const fs::path& folder) {
  for (fs::path above = run.path.parent_path(); above != folder && above.has_parent_path();
       above = above.parent_path())
    if (fs::exists(above / kSweepLog)) return above;
  return {};
}

/// What stands in one line: a run, or all runs of a sweep.
struct Line {
  std::string experiment, status, best, tags, created, file;
};

Line line_of(const ComparedRun& run) {
  const RunLabels& labels = run.record.labels;
  return {labels.name.empty() ? run.record.experiment : labels.name,
          status_text(run),
          reached_text(run),
          join(labels.tags),
          run.record.created,
          run.path.string()};
}

Line line_of(const fs::path& sweep, const std::vector<const ComparedRun*>& runs) {
  std::map<std::string, int> counts;
  const ComparedRun* best = nullptr;
  for (const ComparedRun* run : runs) {
    ++counts[run->status];
    const auto here = reached(*run), there = best ? reached(*best) : std::nullopt;
    if (!here || (there && here->name.text() != there->name.text())) continue;
    const bool larger = larger_is_better(here->name.metric);
    if (!there ||
        (larger ? here->best.value > there->best.value : here->best.value < there->best.value))
      best = run;
  }
  std::vector<std::string> statuses;
  for (const auto& [status, count] : counts)
    statuses.push_back(fmt::format("{} {}", count, status));
  return {runs.front()->record.experiment,  join(statuses),
          best ? reached_text(*best) : "-", "",
          runs.front()->record.created,     sweep.string() + "/"};
}

std::vector<Line> lines_of(const std::vector<ComparedRun>& runs, const Options& options) {
  std::map<fs::path, std::vector<const ComparedRun*>> sweeps;
  if (!options.all)
    for (const ComparedRun& run : runs)
      if (const fs::path sweep = sweep_of(run, options.folder); !sweep.empty())
        sweeps[sweep].push_back(&run);
  std::vector<Line> lines;
  for (const ComparedRun& run : runs) {
    const fs::path sweep = options.all ? fs::path() : sweep_of(run, options.folder);
    if (sweep.empty())
      lines.push_back(line_of(run));
    else if (sweeps[sweep].front() == &run)
      lines.push_back(line_of(sweep, sweeps[sweep]));
  }
  return lines;
}

Table table_of(const std::vector<Line>& lines) {
  Table table;
  const auto column = [&](const char* name, const char* title, std::string Line::*part) {
    std::vector<Cell> cells;
    for (const Line& line : lines) cells.push_back({line.*part, line.*part});
    table.add({name, title, false}, std::move(cells));
  };
  column("experiment", "run", &Line::experiment);
  column("status", "status", &Line::status);
  column("best", "best", &Line::best);
  if (std::ranges::any_of(lines, [](const Line& line) { return !line.tags.empty(); }))
    column("tags", "tags", &Line::tags);
  column("created", "created", &Line::created);
  column("file", "file", &Line::file);
  return table;
}

int run_list(const Options& options) {
  if (!fs::is_directory(options.folder))
    fail(Failure::data, "{}: {}", options.folder,
         fs::exists(options.folder)
             ? "is no folder; `runexp list` shows the runs of one, `runexp compare` those of files"
             : "there is no such folder");
  Collection collection = read_runs(find_runs({options.folder}));
  std::vector<ComparedRun>& runs = collection.runs;
  for (const std::string& problem : collection.problems) warn(problem);
  for (const ComparedRun& run : runs)
    for (const std::string& warning : run.record.warnings) warn(warning);
  filter_runs(runs, options.where);
  std::ranges::stable_sort(runs, std::greater(),
                           [](const ComparedRun& run) { return run.record.created; });
  const int code = collection.problems.empty() ? 0 : static_cast<int>(Failure::data);
  if (options.json) {
    Json all = Json::array();
    for (const ComparedRun& run : runs) all.push_back(json_of(run));
    print_json(all);
    return code;
  }
  if (runs.empty())
    fmt::print(stderr, "no run files in {}\n", printable(options.folder));
  else
    print_table(table_of(lines_of(runs, options)), "text");
  return code;
}

}  // namespace

void add_list(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(
      app, chosen, "list", "the runs of a folder and below, newest first, with their figures",
      "runexp list runs --where \"tag=baseline\"", options, run_list);
  command.add_option("folder", options->folder, "where the run files are")->capture_default_str();
  command.add_option("--where", options->where, "only runs of which this holds; repeatable")
      ->allow_extra_args(false)
      ->type_name("QUERY");
  command.add_flag("--all", options->all, "every run of a sweep, not the sweep as one line");
  command.add_flag("--json", options->json, "as JSON");
}

}  // namespace unroll::cli
