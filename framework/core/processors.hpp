// How many processors there are to share.
#pragma once

#include <algorithm>
#include <thread>

namespace unroll {

/// Processors that this process may use, at least 1.
inline int processors() {
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace unroll
