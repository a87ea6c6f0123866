// Quicker way: which of two ways of doing the same is the quicker here and now.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace unroll {

/// Tries both by the clock, now and then: how quickly threads hear from one another changes on
/// virtual machines. For work whose results do not depend on the way.
class QuickerWay {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::int64_t kTrial = 32;       ///< units of work in a trial of a way
  static constexpr std::int64_t kFirstRest = 128;  ///< units until the first ones are repeated
  static constexpr std::int64_t kMostRest = 4096;  ///< as far apart as trials come to be

  explicit QuickerWay(Clock::time_point (*now)() noexcept = &Clock::now) : now_(now) {}

  /// Asked once a unit of work, before it: shall it be done the second way?
  bool second() {
    if (left_ == 0) begin_next();
    --left_;
    return second_;
  }

 private:
  void begin_next() {
    const Clock::time_point now = now_();
    if (trial_ < 2) took_[trial_] = now - began_;
    trial_ = (trial_ + 1) % 3;
    began_ = now;
    left_ = kTrial;
    second_ = trial_ == 1;
    if (trial_ < 2) return;
    second_ = took_[1] < took_[0];
    left_ = rest_;
    rest_ = std::min(4 * rest_, kMostRest);
  }

  Clock::time_point (*now_)() noexcept;
  std::size_t trial_ = 2;  ///< of the first way, of the second, or none
  bool second_ = false;
  std::int64_t left_ = 0, rest_ = kFirstRest;
  Clock::time_point began_{};
  std::array<Clock::duration, 2> took_{};
};

}  // namespace unroll
