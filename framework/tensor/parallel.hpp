// Splitting independent tasks over the engine's threads.
#pragma once

#include <cstdint>
#include <type_traits>

namespace unroll {

namespace detail {
void run_parallel(std::int64_t tasks, void (*task)(void*, std::int64_t), void* context);
}

/// Calls f(index) for 0 … tasks-1 from the engine's threads; returns when all are done. Tasks must
/// not depend on each other and must not throw. Which thread runs a task is fixed by its index
/// alone. Inside another parallel_for it runs in the calling thread.
template <typename Function>
void parallel_for(std::int64_t tasks, Function&& f) {
  using Plain = std::remove_reference_t<Function>;
  detail::run_parallel(
      tasks, [](void* context, std::int64_t index) { (*static_cast<Plain*>(context))(index); },
      const_cast<void*>(static_cast<const void*>(&f)));
}

/// Calls f(begin, end) for fixed chunks of 0 … count-1. The chunks depend on `count` and `grain`
/// alone, never on the number of threads: sums over chunks round the same everywhere.
template <typename Function>
void parallel_chunks(std::int64_t count, std::int64_t grain, Function&& f) {
  const std::int64_t tasks = (count + grain - 1) / grain;
  parallel_for(tasks, [&](std::int64_t task) {
    const std::int64_t begin = task * grain;
    const std::int64_t end = begin + grain < count ? begin + grain : count;
    f(begin, end);
  });
}

}  // namespace unroll
