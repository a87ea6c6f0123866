// What a sweep says: its points before it runs, and what became of them.
#pragma once

#include <string>
#include <vector>

#include "sweep_state.hpp"

namespace unroll::cli {

struct SweepSummary {
  double seconds = 0;
  bool interrupted = false;
  std::string again;  ///< the command that goes on
};

/// On stdout: every point with where it stands; `estimate` makes each model and tries some steps.
void list_points(const SweepPlan& plan, const std::vector<PointStatus>& statuses, bool estimate,
                 bool json);

/// On stderr: what is about to run.
void announce(const SweepPlan& plan, const std::vector<PointStatus>& statuses, std::size_t todo,
              int jobs, bool quiet);

/// On stdout: how many ended how, the best, and each that failed with its message.
void print_summary(const SweepPlan& plan, const std::vector<PointStatus>& statuses,
                   const SweepSummary& summary, bool json);

}  // namespace unroll::cli
