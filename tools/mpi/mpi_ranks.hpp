// The door between runexp and the library that speaks MPI, which is loaded where it is needed.
#pragma once

#include <unroll/training/ranks.hpp>

namespace unroll {

/// Ranks of a process that mpirun or srun started. They leave when this is destroyed.
class LaunchedRanks : public Ranks {
 public:
  /// Ends this process and all others with this code.
  [[noreturn]] virtual void abort(int code) noexcept = 0;
};

}  // namespace unroll

/// Joins the other processes; waits for them. Throws std::runtime_error.
extern "C" unroll::LaunchedRanks* unroll_join_ranks();
