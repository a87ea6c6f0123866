// How long work takes at best: what the machine's peaks are measured by. Private to this room.
#pragma once

#include <algorithm>
#include <chrono>
#include <limits>

namespace unroll {

/// The shortest of a few calls, after one that warms up.
template <typename Work>
double best_seconds(const Work& work) {
  constexpr int kRepeats = 6;
  work();
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count());
  }
  return best;
}

}  // namespace unroll
