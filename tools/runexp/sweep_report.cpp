#include "sweep_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <unroll/core/text.hpp>
#include <unroll/training/trainer.hpp>

#include "terminal.hpp"

namespace unroll::cli {
namespace {

constexpr std::int64_t kTrialSteps = 3;
constexpr PointState kStates[] = {
    PointState::completed, PointState::pruned,    PointState::failed, PointState::diverged,
    PointState::elsewhere, PointState::resumable, PointState::open,   PointState::differs};

std::size_t count(const std::vector<PointStatus>& statuses, PointState state) {
  return static_cast<std::size_t>(std::ranges::count(statuses, state, &PointStatus::state));
}

/// "3 completed, 1 failed".
std::string counts_text(const std::vector<PointStatus>& statuses) {
  std::vector<std::string> parts;
  for (const PointState state : kStates)
    if (const std::size_t number = count(statuses, state); number > 0)
      parts.push_back(fmt::format("{} {}", number, to_text(state)));
  return join(parts);
}

std::string points_text(std::size_t number) {
  return fmt::format("{} point{}", number, number == 1 ? "" : "s");
}

void row(const char* name, const std::string& text) {
  fmt::print("  {:<11} {}\n", name, text);
}

Json point_json(const PlannedPoint& point, const PointStatus& status) {
  Json settings = Json::object();
  for (const SweepSetting& setting : point.point.settings)
    settings[setting.path] = to_flow_yaml(setting.value);
  return {{"name", point.name()},
          {"file", point.file.string()},
          {"settings", settings},
          {"digest", point.digest},
          {"status", std::string(to_text(status.state))},
          {"message", status.message.empty() ? Json() : Json(status.message)},
          {"step", status.step},
          {"validation_loss", status.best ? Json(*status.best) : Json()}};
}

/// Parameters, and seconds of training without evaluations.
std::pair<std::int64_t, double> estimate_of(const PlannedPoint& point, const Registry& registry) {
  Trainer trainer(point.options, registry);
  const double seconds = trainer.plan().counts
                             ? 0
                             : trainer.trial(kTrialSteps).seconds_per_step *
                                   static_cast<double>(trainer.plan().total_steps);
  return {trainer.plan().parameters, seconds};
}

}  // namespace

void list_points(const SweepPlan& plan, const std::vector<PointStatus>& statuses, bool estimate,
                 bool json) {
  Json all = Json::array();
  std::size_t width = 5;
  for (const PlannedPoint& point : plan.points) width = std::max(width, point.name().size());
  double total = 0;
  for (std::size_t i = 0; i < plan.points.size(); ++i) {
    const PlannedPoint& point = plan.points[i];
    Json found = point_json(point, statuses[i]);
    std::string more;
    if (estimate) {
      const auto [parameters, seconds] = estimate_of(point, *plan.base.registry);
      found["parameters"] = parameters;
      found["seconds"] = seconds;
      total += seconds;
      more =
          fmt::format("  {:>9} parameters, about {}", grouped(parameters), human_seconds(seconds));
    }
    if (!json)
      fmt::print("{:<{}}  {:<9}{}\n", point.name(), width, to_text(statuses[i].state), more);
    all.push_back(std::move(found));
  }
  if (json) {
    print_json(
        {{"experiment", plan.experiment}, {"folder", plan.folder.string()}, {"points", all}});
    return;
  }
  fmt::print("# {} in {}: {}. Nothing was trained.\n", points_text(plan.points.size()),
             plan.folder.string(), counts_text(statuses));
  if (estimate)
    fmt::print("# time: about {} one after another, without evaluations\n", human_seconds(total));
}

void announce(const SweepPlan& plan, const std::vector<PointStatus>& statuses, std::size_t todo,
              int jobs, bool quiet) {
  if (quiet) return;
  fmt::print(stderr, "{}  {} ({}) -> {}\n", styled(stderr, Style::bold, plan.experiment),
             points_text(plan.points.size()), counts_text(statuses), plan.folder.string());
  if (todo > 0)
    fmt::print(stderr, "{}\n",
               styled(stderr, Style::dim,
                      fmt::format("{} to run, {} at a time with {} thread{} each (Ctrl-C saves and "
                                  "ends)",
                                  todo, jobs, plan.threads, plan.threads == 1 ? "" : "s")));
}

void print_summary(const SweepPlan& plan, const std::vector<PointStatus>& statuses,
                   const SweepSummary& summary, bool json) {
  if (json) {
    Json all = Json::array();
    Json counts = Json::object();
    for (std::size_t i = 0; i < plan.points.size(); ++i)
      all.push_back(point_json(plan.points[i], statuses[i]));
    for (const PointState state : kStates)
      counts[std::string(to_text(state))] = count(statuses, state);
    print_json({{"experiment", plan.experiment},
                {"folder", plan.folder.string()},
                {"status", summary.interrupted ? "interrupted" : "completed"},
                {"counts", counts},
                {"seconds", summary.seconds},
                {"points", all}});
    if (summary.interrupted) fmt::print(stderr, "interrupted; go on with: {}\n", summary.again);
    return;
  }
  fmt::print("{}  {}{}: {} in {}\n", styled(stdout, Style::bold, plan.experiment),
             summary.interrupted ? "interrupted, " : "", points_text(plan.points.size()),
             counts_text(statuses), human_seconds(summary.seconds));
  const PointStatus* best = nullptr;
  for (const PointStatus& status : statuses)
    if (status.state == PointState::completed && status.best &&
        (best == nullptr || *status.best < *best->best))
      best = &status;
  if (best != nullptr)
    row("best", fmt::format("validation {}  {}", loss_text(*best->best),
                            plan.points[static_cast<std::size_t>(best - statuses.data())].name()));
  bool failed = false;
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const PointState state = statuses[i].state;
    if (state != PointState::failed && state != PointState::diverged &&
        state != PointState::elsewhere)
      continue;
    failed = failed || state != PointState::elsewhere;
    row(std::string(to_text(state)).c_str(),
        fmt::format("{}: {}", plan.points[i].name(), printable(statuses[i].message)));
  }
  row("run files", plan.folder.string());
  if (summary.interrupted)
    row("go on", summary.again);
  else if (failed)
    row("try again", summary.again + " --retry");
}

}  // namespace unroll::cli
