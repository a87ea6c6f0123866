// Which of two ways is tried when, by a clock that the test turns.
#include <gtest/gtest.h>

#include <chrono>

#include <unroll/tensor/quicker_way.hpp>

namespace unroll {
namespace {

QuickerWay::Clock::time_point now;
QuickerWay::Clock::time_point test_clock() noexcept {
  return now;
}

/// How often the second way was chosen, of so many units that take these times.
int second_of(QuickerWay& way, std::int64_t units, int first_takes, int second_takes) {
  int seconds = 0;
  for (std::int64_t i = 0; i < units; ++i) {
    const bool second = way.second();
    seconds += second ? 1 : 0;
    now += std::chrono::nanoseconds(second ? second_takes : first_takes);
  }
  return seconds;
}

TEST(QuickerWay, TriesBothAndKeepsToTheQuicker) {
  constexpr std::int64_t kTrial = QuickerWay::kTrial, kRest = QuickerWay::kFirstRest;
  for (const bool second_wins : {false, true}) {
    QuickerWay way(test_clock);
    const int first = second_wins ? 11 : 10, second = second_wins ? 10 : 11;
    EXPECT_EQ(second_of(way, kTrial, first, second), 0);
    EXPECT_EQ(second_of(way, kTrial, first, second), kTrial);
    EXPECT_EQ(second_of(way, kRest, first, second), second_wins ? kRest : 0);
  }
}

TEST(QuickerWay, ChangesItsMindWhereTimesChange) {
  constexpr std::int64_t kTrial = QuickerWay::kTrial, kRest = QuickerWay::kFirstRest;
  QuickerWay way(test_clock);
  second_of(way, 2 * kTrial + kRest, 10, 11);
  EXPECT_EQ(second_of(way, 2 * kTrial, 12, 11), kTrial);
  EXPECT_EQ(second_of(way, kRest, 12, 11), kRest);
}

TEST(QuickerWay, TriesLessAndLessOften) {
  QuickerWay way(test_clock);
  EXPECT_GT(second_of(way, 1'000, 10, 11), 0);
  constexpr std::int64_t kLater = 100 * (QuickerWay::kMostRest + 2 * QuickerWay::kTrial);
  second_of(way, 100'000, 10, 11);
  EXPECT_NEAR(second_of(way, kLater, 10, 11), 100 * QuickerWay::kTrial, QuickerWay::kTrial);
}

}  // namespace
}  // namespace unroll
