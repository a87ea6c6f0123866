// One point of a sweep, run in this process: what each job of a sweep does.
#pragma once

#include "sweep_plan.hpp"
#include "training_session.hpp"

namespace unroll::cli {

/// Which points that were begun before may be run again.
struct PointPolicy {
  bool retry = false;          ///< failed ones: from their checkpoint; diverged ones from the start
  bool resume_pruned = false;  ///< go on with those, without pruning them
  bool force = false;          ///< replace runs of other settings
};

/// Begins the point's run or goes on with it; a completed one is left as it is. Returns the exit
/// code; a failure is noted in the sweep's log and thrown.
int run_point(const SweepPlan& plan, const PlannedPoint& point, const PointPolicy& policy,
              SessionOptions session);

}  // namespace unroll::cli
