// Whether a point of a sweep is worth going on with, as it is evaluated.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <unroll/results/median_rule.hpp>

#include "sweep_plan.hpp"

namespace unroll::cli {

/// Asks the median rule at each evaluation, against those points of the sweep that have completed
/// by then. Each is read once.
class Pruner {
 public:
  Pruner(const SweepPlan& plan, const PlannedPoint& point) : plan_(plan), point_(point) {}

  /// Why the run should end at this step; nothing if it should not. Noted in the sweep's log.
  std::optional<std::string> judge(std::int64_t step, const RunRecord& run);

 private:
  std::vector<RunCurve> completed();

  const SweepPlan& plan_;
  const PlannedPoint& point_;
  std::map<std::string, RunCurve> known_;
};

}  // namespace unroll::cli
