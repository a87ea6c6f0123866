// RUN.h5.lock: one writer at a time. Held by flock, so that a kill frees it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace unroll {

class RunLock {
 public:
  /// Throws Error(data) naming the process that holds it, or why the lock cannot be made.
  explicit RunLock(const std::filesystem::path& run);
  /// Removes the lock file and frees the lock.
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Who is writing this run file at the moment ("process 123 on host"), if anyone.
std::optional<std::string> run_writer(const std::filesystem::path& run);

}  // namespace unroll
