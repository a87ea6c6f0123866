// Stop flag: asks work that takes long to end soon and cleanly.
#pragma once

#include <atomic>

namespace unroll {

/// Not 0: end soon. Set by another thread, to the number of a signal or to kTimeIsUp.
using StopFlag = std::atomic<int>;

/// The time that the work was given is over.
inline constexpr int kTimeIsUp = -1;

/// `flag` may be null: nothing ever asks.
inline bool stopped(const StopFlag* flag) noexcept {
  return flag != nullptr && *flag != 0;
}

}  // namespace unroll
