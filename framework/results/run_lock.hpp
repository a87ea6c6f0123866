// RUN.h5.lock: one writer at a time. Held by a lock on the open file, so that a kill frees it; who
// only asks takes nothing, so that readers never stand in a writer's way.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace unroll {

class RunLock {
 public:
  /// Throws Error(data) naming the process that holds it, or why the lock cannot be made.
  explicit RunLock(const std::filesystem::path& run);
  /// Removes the lock file and frees the lock. In a child that was forked meanwhile it does
  /// neither: the lock is the parent's, and is held until both have ended.
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  std::filesystem::path path_;
  pid_t owner_ = 0;
  int descriptor_ = -1;
};

/// Who is writing this run file at the moment ("process 123 on host"), if anyone.
std::optional<std::string> run_writer(const std::filesystem::path& run);

}  // namespace unroll
