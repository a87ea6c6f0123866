#include "sweep_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include <unroll/core/processors.hpp>
#include <unroll/core/sha256.hpp>
#include <unroll/core/text.hpp>
#include <unroll/training/option_path.hpp>

namespace unroll::cli {
namespace {

constexpr std::size_t kDigestDigits = 16;
constexpr std::size_t kEnoughProblems = 1000;

/// What a file says of itself that a sweep decides.
void check_base(const Node& root, Problems& problems) {
  const Node* output = root.find("output");
  if (output != nullptr && output->is_scalar() && !output->text().empty())
    problems.add(output->mark(),
                 "a sweep writes many run files: leave output out, and name their folder with "
                 "--output");
}

/// Settings of the command line that every point would set otherwise.
void check_overrides(const ExperimentArguments& arguments, const Node& root, const Sweep& sweep,
                     Problems& problems) {
  const Node* seeds = root.find("seeds");
  const bool counted = seeds != nullptr && seeds->is_scalar();  // from the experiment's own seed
  std::vector<std::string> assignments = arguments.overrides;
  if (arguments.seed) assignments.push_back("seed");
  for (const std::string& assignment : assignments) {
    const std::string path = assignment.substr(0, assignment.find('='));
    if (path == "seed" && counted) continue;
    for (const SweepPoint& point : sweep.points)
      for (const SweepSetting& setting : point.settings)
        if (path == setting.path || path.starts_with(setting.path + "."))
          problems.add({}, fmt::format("--set {}: the sweep itself sets {} ({})", path,
                                       setting.path, setting.mark.text()));
  }
}

/// Two names for one experiment would train it twice; one name for two would mix them.
void check_different(const std::vector<PlannedPoint>& points, const Mark& mark,
                     Problems& problems) {
  std::map<std::string, const PlannedPoint*> by_name, by_digest;
  for (const PlannedPoint& point : points) {
    const auto [same, is_new] = by_digest.emplace(point.digest, &point);
    const auto [named, is_free] = by_name.emplace(point.name(), &point);
    const Mark& place = point.point.settings.empty() ? mark : point.point.settings.front().mark;
    if (!is_new)
      problems.add(place, same->second->name() == point.name()
                              ? fmt::format("the point {} stands twice", point.name())
                              : fmt::format("the points {} and {} are the same experiment",
                                            same->second->name(), point.name()));
    else if (!is_free)
      problems.add(place, fmt::format("two points are named {}", point.name()));
  }
}

}  // namespace

void add_sweep_arguments(CLI::App& command, SweepArguments& arguments) {
  add_experiment_arguments(command, arguments.experiment);
  command
      .add_option("-o,--output", arguments.folder,
                  "the folder of the run files (default: runs/NAME)")
      ->type_name("DIR");
  command
      .add_option("-j,--jobs", arguments.jobs,
                  "points side by side (default: 1); each gets its share of the processors, unless "
                  "the experiment or --threads says how many threads")
      ->check(CLI::Range(1, 1024));
}

SweepPlan plan_sweep(const SweepArguments& arguments) {
  SweepPlan plan;
  plan.base = load(arguments.experiment);
  plan.plugins = arguments.experiment.plugins;
  const Node& root = plan.base.loaded.root;
  const Registry& registry = *plan.base.registry;
  if (!has_sweep(root))
    fail(Failure::usage,
         "{}: describes one run, no sweep; add seeds: or sweep: to it (docs/sweeps.md)",
         arguments.experiment.file);
  Problems problems;
  const Sweep sweep = expand_sweep(
      root, [&](const std::string& path) { return find_option(path, registry); }, problems);
  if (!sweep.prune.is_null()) plan.prune = read_median_rule(sweep.prune, problems);
  check_base(root, problems);
  check_overrides(arguments.experiment, root, sweep, problems);
  const Node base = without_sweep(root);
  const Node* threads = base.find("threads");
  plan.threads = std::max(1, processors() / arguments.side_by_side());
  const bool own_threads = threads != nullptr && threads->text() != "0";
  for (const SweepPoint& point : sweep.points) {
    PlannedPoint planned{point, {}, {}, {}};
    planned.options = read_experiment(experiment_of(base, point, problems), registry, problems);
    if (problems.all().size() > kEnoughProblems) break;
    if (problems.empty()) {
      if (!own_threads && planned.options.threads == 0) planned.options.threads = plan.threads;
      planned.digest = sha256(to_yaml(decisive(planned.options))).substr(0, kDigestDigits);
      plan.points.push_back(std::move(planned));
    }
  }
  problems.throw_if_any();
  check_different(plan.points, root.mark(), problems);
  problems.throw_if_any();
  plan.experiment = plan.points.front().options.experiment;
  plan.threads = plan.points.front().options.threads;
  plan.folder = arguments.folder.empty() ? std::filesystem::path("runs") / plan.experiment
                                         : std::filesystem::path(arguments.folder);
  for (PlannedPoint& point : plan.points) {
    point.file = plan.folder / (point.name() + ".h5");
    point.options.output = point.file.string();
  }
  return plan;
}

const PlannedPoint& find_point(const SweepPlan& plan, const std::string& name) {
  const auto found = std::ranges::find(plan.points, name, &PlannedPoint::name);
  if (found != plan.points.end()) return *found;
  std::vector<std::string> names;
  for (const PlannedPoint& point : plan.points) names.push_back(point.name());
  fail(Failure::usage, "the sweep has no point '{}'{}; --dry-run lists them", name,
       did_you_mean(name, names));
}

Node decisive(const ExperimentOptions& options) {
  std::vector<Node::Entry> kept;
  const Node whole = resolved(options);
  constexpr std::array<std::string_view, 3> kIdle{"description", "output", "threads"};
  for (const Node::Entry& entry : whole.entries())
    if (std::ranges::find(kIdle, entry.key) == kIdle.end()) kept.push_back(entry);
  return Node::map(std::move(kept));
}

std::string first_difference(const Node& there, const Node& here) {
  if (!there.is_map() || !here.is_map()) {
    return same_value(there, here)
               ? ""
               : fmt::format(" is {} there, {} here", to_flow_yaml(there), to_flow_yaml(here));
  }
  const auto below = [](const std::string& key, std::string text) {
    return text.starts_with(" is ") ? key + text : key + "." + text;
  };
  for (const Node::Entry& entry : here.entries()) {
    const Node* other = there.find(entry.key);
    if (other == nullptr)
      return entry.key + fmt::format(" is not there, {} here", to_flow_yaml(entry.value));
    std::string inner = first_difference(*other, entry.value);
    if (!inner.empty()) return below(entry.key, std::move(inner));
  }
  for (const Node::Entry& entry : there.entries())
    if (here.find(entry.key) == nullptr)
      return entry.key + fmt::format(" is {} there, not here", to_flow_yaml(entry.value));
  return "";
}

std::string settings_as_comments(const SweepPoint& point) {
  std::string text;
  for (const SweepSetting& setting : point.settings)
    text += fmt::format("# --set {}={}\n", setting.path, to_flow_yaml(setting.value));
  return text;
}

}  // namespace unroll::cli
