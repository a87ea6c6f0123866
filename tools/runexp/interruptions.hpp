// Where `verify-resume` interrupts a run: at the moments at which state is easily forgotten.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace unroll::cli {

/// Lengths in steps.
struct ShortRun {
  std::int64_t steps = 0, per_epoch = 0;
  std::int64_t log_every = 1, evaluate_every = 1, checkpoint_every = 1;
};

/// Of so many steps, with several checkpoints and evaluations out of step with each other. 0: long
/// enough, and past the border of two epochs where an epoch is short.
ShortRun shorten(std::int64_t steps, std::int64_t per_epoch);

struct InterruptedAt {
  std::int64_t step = 0;
  bool killed = false;  ///< at once, nothing saved; else as by SIGTERM
  std::string where;    ///< "before the first evaluation"
};

/// In the order of their steps, one a step, within the run.
std::vector<InterruptedAt> interruptions(const ShortRun& run);

}  // namespace unroll::cli
