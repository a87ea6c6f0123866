// A sweep as job arrays of Slurm: one task a point.
#pragma once

#include <string>
#include <vector>

#include "sweep_command.hpp"
#include "sweep_state.hpp"

namespace unroll::cli {

struct SlurmOptions {
  std::vector<std::string> options;  ///< of sbatch: "partition=gpu", "time=2:00:00", "exclusive"
  int at_once = 0;                   ///< tasks; 0: as many as the cluster takes
};

/// The processors of a task that the options ask for (cpus-per-task); nothing if they do not.
/// Throws Error(usage) on an option that is none.
std::optional<int> processors_of(const SlurmOptions& options);

/// Batch scripts that run these points, each an array of at most a thousand tasks. Shortly before a
/// task's time is up it saves and is queued again; so it is when its node fails.
std::vector<std::string> slurm_scripts(const SweepPlan& plan, const SweepArguments& arguments,
                                       const PointPolicy& policy,
                                       const std::vector<std::size_t>& points,
                                       const SlurmOptions& options);

/// Writes the scripts into the sweep's folder and gives them to sbatch; returns the numbers of the
/// jobs. Throws Error(run) with what sbatch said.
std::vector<std::string> submit(const SweepPlan& plan, const std::vector<std::string>& scripts);

}  // namespace unroll::cli
