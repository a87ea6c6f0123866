// Crew: threads that share work of a few microseconds, too short for `parallel_for`.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace unroll {

/// The caller never waits for a helper to come: what no helper has begun when the caller is done
/// with its own part, the caller does too. So work is not held up where other programs keep the
/// processors busy, beyond the part that a helper is at. Helpers look for work for some
/// microseconds after the last, then sleep until there is some.
///
/// Not thread safe. Which thread does a part depends on timing: what a part computes must not.
class Crew {
 public:
  /// So many threads beside the caller's.
  explicit Crew(int helpers);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// The helpers and the caller.
  int size() const noexcept { return static_cast<int>(helpers_.size()) + 1; }

  /// Calls f(part) once for each part 0 … parts-1; returns when all are done. parts <= size().
  /// f must not throw.
  template <typename Function>
  void run(int parts, Function&& f) {
    using Plain = std::remove_reference_t<Function>;
    context_ = const_cast<void*>(static_cast<const void*>(&f));
    part_ = [](void* context, int part) { (*static_cast<Plain*>(context))(part); };
    run_parts(parts);
  }

 private:
  struct Helper;
  void run_parts(int parts);
  void help(Helper& helper, int part) const;

  void* context_ = nullptr;
  void (*part_)(void*, int) = nullptr;
  std::uint64_t jobs_ = 0;
  std::vector<std::unique_ptr<Helper>> helpers_;  ///< helper i has part i + 1
};

}  // namespace unroll
