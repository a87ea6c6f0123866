// Where each point of a sweep stands, as its run file says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweep_log.hpp"
#include "sweep_plan.hpp"

namespace unroll::cli {

enum class PointState {
  open,       ///< not begun
  resumable,  ///< interrupted or killed
  completed,
  pruned,
  failed,
  diverged,
  elsewhere,  ///< another process writes its run file
  differs,    ///< there is a run file, but of other settings
};

/// "open", "resumable", …
std::string_view to_text(PointState state) noexcept;

struct PointStatus {
  PointState state = PointState::open;
  std::string message;  ///< why it failed, who writes it, what differs
  std::int64_t step = 0;
  std::optional<double> best;  ///< the lowest validation loss so far
  bool missed = false;         ///< ended with less than the experiment expects
};

/// "1.6409"; in powers of ten where it is large.
std::string loss_text(double loss);

/// `failures`: last_failures of the folder.
PointStatus status_of(const PlannedPoint& point, const Registry& registry,
                      const std::map<std::string, PointFailure>& failures);

/// Of all points, in their order.
std::vector<PointStatus> statuses_of(const SweepPlan& plan);

}  // namespace unroll::cli
