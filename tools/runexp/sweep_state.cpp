#include "sweep_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <unroll/results/median_rule.hpp>
#include <unroll/results/observed_run.hpp>
#include <unroll/results/run_file.hpp>
#include <unroll/training/model.hpp>

namespace unroll::cli {
namespace {

std::optional<double> lowest_loss(const RunRecord& run) {
  const auto table = run.metrics.find("validation");
  const std::vector<double>* losses =
      table == run.metrics.end() ? nullptr : table->second.find("loss");
  std::optional<double> lowest;
  if (losses != nullptr)
    for (const double loss : *losses)
      if (!std::isnan(loss) && (!lowest || loss < *lowest)) lowest = loss;
  return lowest;
}

bool misses_what_is_expected(const RunRecord& run) {
  if (!run.evaluation.has("expectations/met")) return false;
  const auto* met =
      std::get_if<std::vector<std::int32_t>>(&run.evaluation.array("expectations/met").values);
  return met != nullptr && std::ranges::find(*met, 0) != met->end();
}

PointState state_of(const RunRecord& run) {
  switch (run.status) {
    case RunStatus::completed:
      return PointState::completed;
    case RunStatus::failed:
      return PointState::failed;
    case RunStatus::diverged:
      return PointState::diverged;
    case RunStatus::interrupted:
      if (says_pruned(run.reason)) return PointState::pruned;
      break;
    case RunStatus::running:
      break;
  }
  return PointState::resumable;
}

}  // namespace

std::string_view to_text(PointState state) noexcept {
  constexpr std::array<std::string_view, 8> kNames{"open",   "resumable", "completed", "pruned",
                                                   "failed", "diverged",  "elsewhere", "differs"};
  return kNames[static_cast<std::size_t>(state)];
}

std::string loss_text(double loss) {
  return std::abs(loss) < 1e5 ? fmt::format("{:.4f}", loss) : fmt::format("{:.4g}", loss);
}

PointStatus status_of(const PlannedPoint& point, const Registry& registry,
                      const std::map<std::string, PointFailure>& failures) {
  PointStatus status;
  if (!std::filesystem::exists(point.file)) {
    const auto failure = failures.find(point.name());
    if (const auto writer = run_writer(point.file))
      status = {PointState::elsewhere, *writer, 0, {}, false};
    else if (failure != failures.end())
      status = {PointState::failed, failure->second.message, 0, {}, false};
    return status;
  }
  try {
    const auto [run, writer] = observe_run(point.file, RunParts::without_arrays);
    status = {state_of(run), run.reason, run.step, lowest_loss(run), misses_what_is_expected(run)};
    const std::string difference =
        first_difference(decisive(load_experiment(run, registry)), decisive(point.options));
    if (!difference.empty()) {
      status.state = PointState::differs;
      status.message = difference;
    } else if (writer) {
      status.state = PointState::elsewhere;
      status.message = *writer;
    }
  } catch (const Error& error) {  // damaged, foreign, of a plugin that is gone
    status = {PointState::failed, error.what(), 0, {}, false};
  }
  return status;
}

std::vector<PointStatus> statuses_of(const SweepPlan& plan) {
  const auto failures = last_failures(plan.folder);
  std::vector<PointStatus> statuses;
  for (const PlannedPoint& point : plan.points)
    statuses.push_back(status_of(point, *plan.base.registry, failures));
  return statuses;
}

}  // namespace unroll::cli
