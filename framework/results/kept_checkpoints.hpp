// RUN.checkpoints/STEP.h5: former checkpoints of a run, each a whole run file of its own.
//
// A run file is replaced whole, so that a second name given to it before it is replaced keeps what
// it was: that costs no writing. A kill at any instant leaves each file whole, at worst one under
// both names or one more than wanted, which the next checkpoint mends.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace unroll {

/// Which of the checkpoints before the present one stay. A run keeps none unless it is told to.
struct KeepRule {
  std::int64_t last = 0;   ///< so many of the latest
  std::int64_t every = 0;  ///< for good: the first one of every so many steps; 0: none

  bool keeps() const noexcept { return last > 0 || every > 0; }
};

/// runs/a.h5 -> runs/a.checkpoints
std::filesystem::path kept_folder(const std::filesystem::path& run);
/// runs/a.h5 -> runs/a.checkpoints/STEP.h5
std::filesystem::path kept_checkpoint(const std::filesystem::path& run, std::int64_t step);
/// The steps of a run's kept checkpoints, ascending. A run without a folder has none.
std::vector<std::int64_t> kept_steps(const std::filesystem::path& run);

/// Keeps the run file as it is now under its step's name; if there is one already, it stays. A
/// copy where the file system has no hard links. Durable on return. Throws Error(data).
void keep_checkpoint(const std::filesystem::path& run, std::int64_t step);
/// Removes what the rule does not keep. One that cannot be removed is left.
void prune_checkpoints(const std::filesystem::path& run, const KeepRule& rule);
/// Removes all of them, for a run file that is to be replaced by another run's.
void remove_checkpoints(const std::filesystem::path& run);

}  // namespace unroll
