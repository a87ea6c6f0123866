// The jobs of a sweep: some points at a time, each in a process of its own.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sweep_state.hpp"

namespace unroll::cli {

struct JobOptions {
  int jobs = 1;
  bool quiet = false;
  /// The program and its arguments that run one point.
  std::function<std::vector<std::string>(const PlannedPoint&)> command;
};

/// Runs the points that `todo` numbers. `statuses` are those of all points, and are brought up to
/// date as points end. What each job prints goes to logs/NAME.log in the sweep's folder. A point
/// that ends badly does not stop the others. On a signal all jobs are asked to save and end, and
/// nothing more begins.
void run_jobs(const SweepPlan& plan, const std::vector<std::size_t>& todo,
              std::vector<PointStatus>& statuses, const JobOptions& options);

}  // namespace unroll::cli
