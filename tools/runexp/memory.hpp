// How much memory this process has used.
#pragma once

#include <sys/resource.h>

#include <cstdint>

namespace unroll::cli {

/// The largest resident set so far, in bytes.
inline std::uint64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024 * static_cast<std::uint64_t>(usage.ru_maxrss);
}

}  // namespace unroll::cli
