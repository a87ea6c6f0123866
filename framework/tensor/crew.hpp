// Crew: threads that share work of a few microseconds, too short for `parallel_for`.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
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
  ~Crew();  ///< finishes
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// The helpers and the caller.
  int size() const noexcept { return static_cast<int>(helpers_.size()) + 1; }

  /// Calls f(part) once for each part 0 … parts-1; returns when all are done. parts <= size().
  /// f must not throw. It is copied to where each helper looks for work, which is one cache line:
  /// what else a part reads should seldom change, since each line that does takes as long to reach
  /// another processor as some hundred multiplications.
  template <typename Function>
  void run(int parts, const Function& f) {
    start(parts, f);
    f(0);
    finish();
  }

  /// Offers parts 1 … parts-1 to the helpers and returns at once. The next call is `finish`; part 0
  /// is the caller's own affair.
  template <typename Function>
  void start(int parts, const Function& f) {
    static_assert(std::is_trivially_copyable_v<Function> && sizeof(Function) <= kRoom);
    ++jobs_;
    offered_ = parts - 1;
    for (int i = 0; i < offered_; ++i) {
      Helper& helper = *helpers_[static_cast<std::size_t>(i)];
      std::memcpy(helper.function.data(), &f, sizeof f);
      helper.call = [](const void* function, int part) {
        (*static_cast<const Function*>(function))(part);
      };
      offer(helper);
    }
  }
  /// Returns when all parts that were offered are done. Without a `start` before it, nothing.
  void finish();

 private:
  static constexpr std::size_t kRoom = 40;

  // A job's number goes through `state` as offered (2 n) and taken (2 n + 1), by whoever takes it,
  // and then, if that was the helper, into `done`.
  struct alignas(64) Helper {
    std::atomic<std::uint64_t> state{0}, done{0};
    void (*call)(const void* function, int part) = nullptr;  ///< null: the end
    alignas(8) std::array<std::byte, kRoom> function{};
    std::atomic<bool> asleep{false};
    std::thread thread;

    bool take(std::uint64_t job);
    void work(int part);
  };

  void offer(Helper& helper) const;
  /// False: the part is still to be done, by the caller. Else waits until it is done.
  bool helped(Helper& helper) const;

  std::uint64_t jobs_ = 0;
  int offered_ = 0;
  std::vector<std::unique_ptr<Helper>> helpers_;  ///< helper i has part i + 1
};

}  // namespace unroll
