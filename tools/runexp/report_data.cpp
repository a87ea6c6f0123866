#include "report_data.hpp"

#include <algorithm>
#include <set>

#include <unroll/comparison/overview.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/results/hdf5.hpp>
#include <unroll/results/run_file.hpp>
#include <unroll/results/thinning.hpp>

#include "report_json.hpp"
#include "report_room.hpp"
#include "report_views.hpp"

namespace unroll::cli {
namespace {

namespace cmp = comparison;

constexpr int kDigits = 6;
constexpr const char* kAbsent = "-";
/// Columns of a split, each thinned by itself; `steps` holds each list of steps once.
Json table_json(const MetricTable& table, std::size_t most_points) {
  const std::vector<double> steps(table.steps.begin(), table.steps.end());
  Json json = {{"steps", Json::array()}, {"columns", Json::object()}};
  for (const auto& [name, column] : table.columns) {
    Json x = Json::array(), y = Json::array();
    for (const std::size_t i : thin_curve(steps, column.values, most_points)) {
      x.push_back(table.steps[i]);
      y.push_back(rounded(column.values[i], kDigits));
    }
    Json& lists = json["steps"];
    const auto same = std::find(lists.begin(), lists.end(), x);
    const auto place = static_cast<std::size_t>(same - lists.begin());
    if (same == lists.end()) lists.push_back(std::move(x));
    json["columns"][name] = {{"unit", column.unit}, {"steps", place}, {"values", std::move(y)}};
  }
  return json;
}

Json tables_json(const MetricTables& tables, std::size_t most_points) {
  Json json = Json::object();
  for (const auto& [split, table] : tables) json[split] = table_json(table, most_points);
  return json;
}

/// The points of each curve of a run where all of them share the room.
std::size_t points_each(const RunRecord& record, const ReportRoom& room) {
  std::size_t columns = 0;
  for (const MetricTables* tables : {&record.metrics, &record.timing})
    for (const auto& [split, table] : *tables) columns += table.columns.size();
  return std::clamp(room.points / std::max<std::size_t>(columns, 1), kFewestPoints, kMostPoints);
}

/// A text that is too long ends in an ellipsis, between two characters.
std::string cut(const std::string& text, std::size_t longest = kLongestText) {
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

Json sample_json(const RunSample& sample, std::size_t longest) {
  Json json = {{"step", sample.step},
               {"sampler", sample.sampler},
               {"prompt", cut(sample.prompt, longest)},
               {"text", cut(sample.text, longest)}};
  if (!sample.expected.empty()) json["expected"] = cut(sample.expected, longest);
  for (const Metric& figure : sample.figures)
    json["figures"][figure.name] = rounded(figure.value, 4);
  return json;
}

/// Samples of the first, the last and as many steps between as there is room for. Where not even
/// two steps have room, their texts are cut shorter.
Json samples_json(const std::vector<RunSample>& samples, const ReportRoom& room) {
  constexpr std::size_t kFigures = 150, kShortest = 100;  // bytes
  std::vector<std::int64_t> steps;
  std::size_t bytes = 0;
  for (const RunSample& sample : samples) {
    if (steps.empty() || steps.back() != sample.step) steps.push_back(sample.step);
    bytes += kFigures;
    for (const std::string* text : {&sample.prompt, &sample.text, &sample.expected})
      bytes += std::min(text->size(), kLongestText);
  }
  const std::size_t most =
      bytes <= room.sample_bytes ? steps.size() : steps.size() * room.sample_bytes / bytes;
  std::set<std::int64_t> kept;
  for (const std::size_t i : thin_rows(steps.size(), most)) kept.insert(steps[i]);
  const auto texts = static_cast<std::size_t>(std::ranges::count_if(
      samples, [&](const RunSample& sample) { return kept.contains(sample.step); }));
  std::size_t longest = kLongestText;
  if (most < 2 && texts > 0)
    longest = std::clamp(room.sample_bytes / (3 * texts), kShortest, kLongestText);
  Json json = Json::array();
  for (const RunSample& sample : samples)
    if (kept.contains(sample.step)) json.push_back(sample_json(sample, longest));
  return json;
}

/// Columns of one group as rows: [{kind, name, version, …}].
Json records_of(const Archive& environment, const char* group,
                const std::vector<std::string>& columns) {
  Json records = Json::array();
  const Archive below = environment.below(group);
  for (const std::string& column : columns) {
    if (!below.has(column)) continue;
    const Array& array = below.array(column);
    const std::vector<std::string> texts = texts_of(array);
    const std::size_t count = array.shape.empty() ? 0 : static_cast<std::size_t>(array.shape[0]);
    for (std::size_t i = 0; i < std::min(count, kMostRecords); ++i) {
      if (records.size() <= i) records.push_back(Json::object());
      records[i][column] = i < texts.size() ? Json(texts[i]) : Json(as_integers(array)[i]);
    }
  }
  return records;
}

Json environment_json(const Archive& environment) {
  Json facts = Json::object();
  for (const auto& [name, array] : environment.entries()) {
    if (!array.shape.empty()) continue;
    const std::vector<std::string> texts = texts_of(array);
    facts[name] = texts.empty() ? rounded(as_doubles(array).front(), kDigits) : Json(texts.front());
  }
  return {{"facts", facts},
          {"plugins", records_of(environment, "plugins", {"kind", "name", "version", "sha256"})},
          {"data", records_of(environment, "data", {"path", "bytes", "sha256"})}};
}

/// Optimizer steps of an epoch; files of before it was written down tell it by their first
/// validation, unless that comes more often.
Json steps_per_epoch(const cmp::ComparedRun& run) {
  if (run.record.environment.has("steps_per_epoch"))
    return run.record.environment.integer("steps_per_epoch");
  const std::string* every = run.settings.find("training.evaluate_every");
  const auto validation = run.record.metrics.find("validation");
  if (!every || *every != "0" || validation == run.record.metrics.end()) return nullptr;
  return validation->second.steps.empty() ? Json() : Json(validation->second.steps.front());
}

Json expectations_json(const Archive& evaluation) {
  Json json = Json::array();
  if (!evaluation.has("expectations/expected")) return json;
  const std::vector<std::string> expected = texts_of(evaluation.array("expectations/expected"));
  const std::vector<double> reached = as_doubles(evaluation.array("expectations/reached"));
  const std::vector<double> met = as_doubles(evaluation.array("expectations/met"));
  for (std::size_t i = 0; i < expected.size(); ++i)
    json.push_back({{"expected", expected[i]},
                    {"reached", rounded(reached.at(i), kDigits)},
                    {"met", met.at(i) != 0}});
  return json;
}

Json run_json(const cmp::ComparedRun& run, const std::string& name, const ReportRoom& room) {
  const RunRecord record = open_run(run.path, RunParts::without_weights);
  const std::size_t points = points_each(record, room);
  const std::string* description = run.settings.find("description");
  return {{"name", record.labels.name.empty() ? name : record.labels.name},
          {"file", run.path.string()},
          {"experiment", record.experiment},
          {"description", description ? cut(*description) : ""},
          {"tags", record.labels.tags},
          {"note", cut(record.labels.note)},
          {"run_id", record.run_id},
          {"status", run.status},
          {"reason", record.reason},
          {"created", record.created},
          {"finished", record.finished},
          {"checkpoint_step", record.step},
          {"planned_steps", record.planned_steps},
          {"steps_per_epoch", steps_per_epoch(run)},
          {"config", cut(record.config_source, kLongestConfig)},
          {"resolved", cut(record.config_resolved, kLongestConfig)},
          {"environment", environment_json(record.environment)},
          {"expectations", expectations_json(record.evaluation)},
          {"metrics", tables_json(record.metrics, points)},
          {"timing", tables_json(record.timing, points)},
          {"samples", samples_json(record.samples, room)},
          {"confusion", confusion_json(record.evaluation)},
          {"histograms", histograms_json(record.histograms, room.histogram_values)},
          {"recurrence", recurrence_json(record.recurrence, room.recurrence_values)},
          {"reading", reading_json(record.reading, room.reading_values)}};
}

Json overview_json(const std::vector<cmp::ComparedRun>& runs) {
  const cmp::Table table = cmp::overview(runs, cmp::usual_columns(runs));
  Json json = {{"columns", Json::array()}, {"rows", Json::array()}};
  for (const cmp::Column& column : table.columns)
    json["columns"].push_back(
        {{"name", column.name}, {"title", column.title}, {"right", column.right}});
  for (const std::vector<cmp::Cell>& row : table.rows) {
    Json cells = Json::array();
    for (const cmp::Cell& cell : row) cells.push_back({cell.shown, cell.exact});
    json["rows"].push_back(std::move(cells));
  }
  return json;
}

/// Of settings that differ, `first` and as few others as tell all groups apart, those before others
/// that tell most of them.
std::vector<std::size_t> telling(const std::vector<std::vector<std::string>>& keys,
                                 std::vector<std::size_t> first) {
  std::vector<std::size_t> chosen = std::move(first);
  const auto told = [&](const std::vector<std::size_t>& places) {
    std::set<std::vector<std::string>> different;
    for (const std::vector<std::string>& key : keys) {
      std::vector<std::string> part;
      for (const std::size_t place : places) part.push_back(key[place]);
      different.insert(std::move(part));
    }
    return different.size();
  };
  while (told(chosen) < keys.size()) {
    std::size_t best = 0, most = 0;
    for (std::size_t place = 0; place < keys.front().size(); ++place) {
      std::vector<std::size_t> more = chosen;
      more.push_back(place);
      if (const std::size_t count = told(more); count > most) {
        most = count;
        best = place;
      }
    }
    chosen.push_back(best);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

/// Runs that differ in their seed alone stand together; a group is called by what sets it apart.
Json groups_json(const std::vector<cmp::ComparedRun>& runs) {
  std::vector<std::string> paths = cmp::differing_settings(runs);
  std::erase_if(paths, [](const std::string& path) {
    return path == "seed" || (cmp::is_bookkeeping(path) && path != "experiment");
  });
  const std::vector<std::string> titles = cmp::short_names(paths);
  Json groups = Json::array();
  std::vector<std::vector<std::string>> keys;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    std::vector<std::string> key;
    for (const std::string& path : paths) {
      const std::string* value = runs[i].settings.find(path);
      key.push_back(value ? *value : kAbsent);
    }
    const auto place =
        static_cast<std::size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
    if (place == keys.size()) {
      keys.push_back(std::move(key));
      groups.push_back({{"title", ""}, {"runs", Json::array()}});
    }
    groups[place]["runs"].push_back(i);
  }
  const auto name = std::find(paths.begin(), paths.end(), "experiment");
  const std::vector<std::size_t> places = telling(
      keys, name == paths.end() ? std::vector<std::size_t>()
                                : std::vector{static_cast<std::size_t>(name - paths.begin())});
  for (std::size_t g = 0; g < keys.size(); ++g) {
    std::vector<std::string> parts;
    for (const std::size_t place : places) {
      const std::string& value = keys[g][place];
      if (paths[place] == "experiment")
        parts.push_back(value);
      else if (value != kAbsent)
        parts.push_back(fmt::format("{} {}", titles[place], value));
    }
    groups[g]["title"] = join(parts);
  }
  return groups;
}

Json larger_is_better(const std::vector<cmp::ComparedRun>& runs) {
  std::set<std::string> names;
  for (const cmp::ComparedRun& run : runs)
    for (const auto& [split, table] : run.record.metrics)
      for (const auto& [name, column] : table.columns)
        if (cmp::larger_is_better(name)) names.insert(name);
  return names;
}

}  // namespace

ReportData read_report_data(const std::vector<std::filesystem::path>& files) {
  cmp::Collection collection = cmp::read_runs(files, 2);
  const std::vector<cmp::ComparedRun>& runs = collection.runs;
  if (runs.empty()) {
    const std::string reason =
        collection.problems.empty() ? "" : ": " + collection.problems.front();
    fail(Failure::data, "there is no run to report on{}", reason);
  }
  const ReportRoom room(runs.size());
  const std::vector<std::string> names = cmp::short_files(runs);
  const std::vector<cmp::FigureName> figures = cmp::usual_figures(runs);
  std::vector<std::string> experiments;
  for (const cmp::ComparedRun& run : runs)
    if (std::find(experiments.begin(), experiments.end(), run.record.experiment) ==
        experiments.end())
      experiments.push_back(run.record.experiment);
  Json headline;
  if (!figures.empty()) headline = {figures.front().split, figures.front().metric};
  ReportData data;
  data.json = {{"experiments", experiments},
               {"table", overview_json(runs)},
               {"groups", groups_json(runs)},
               {"headline", headline},
               {"larger_is_better", larger_is_better(runs)},
               {"runs", Json::array()}};
  for (std::size_t i = 0; i < runs.size(); ++i)
    data.json["runs"].push_back(run_json(runs[i], names[i], room));
  data.problems = std::move(collection.problems);
  return data;
}

}  // namespace unroll::cli
