// The processes that mpirun started together, which train one model.
#pragma once

#include <unroll/training/experiment.hpp>
#include <unroll/training/ranks.hpp>
#include <unroll/training/trainer.hpp>

namespace unroll::cli {

/// Those that mpirun or srun started with this one, joined at the first call; null where it is
/// alone. From then on all but rank 0 print errors only.
Ranks* launched_ranks();

/// Before the process ends: leaves the others, or, where `code` tells of a failure, ends them too.
void leave_ranks(int code);

/// Rank 0 goes first: what it fetches the others find, and what it finds wrong is said once.
class Turn {
 public:
  explicit Turn(Ranks* ranks);
  /// The others go on.
  void over();

 private:
  Ranks* ranks_;
};

/// The batches of all ranks together, and each its part of the machine's processors.
void share_experiment(ExperimentOptions& options, Ranks* ranks);

/// Is this a rank other than 0?
inline bool helps(const Ranks* ranks) {
  return ranks != nullptr && ranks->rank() > 0;
}
/// What such a rank does; returns the exit code.
int help(Trainer& trainer);

}  // namespace unroll::cli
