// Stop flag: asks work that takes long to end soon and cleanly.
#pragma once

#include <atomic>

namespace unroll {

/// Not 0: end soon. Set by another thread; the number is for whoever sets it, such as a signal's.
using StopFlag = std::atomic<int>;

/// `flag` may be null: nothing ever asks.
inline bool stopped(const StopFlag* flag) noexcept {
  return flag != nullptr && *flag != 0;
}

}  // namespace unroll
