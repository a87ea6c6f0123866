// Work shared by threads that may or may not come in time.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <thread>

#include <unroll/tensor/crew.hpp>

namespace unroll {
namespace {

TEST(Crew, DoesEveryPartOnce) {
  Crew crew(3);
  EXPECT_EQ(crew.size(), 4);
  for (int parts = 1; parts <= 4; ++parts)
    for (int round = 0; round < 2000; ++round) {
      std::array<int, 4> done{};  // plain: what helpers did must be seen
      crew.run(parts, [&](int part) { ++done[static_cast<std::size_t>(part)]; });
      for (int part = 0; part < 4; ++part)
        ASSERT_EQ(done[static_cast<std::size_t>(part)], part < parts ? 1 : 0) << round;
    }
}

TEST(Crew, WakesHelpersThatSleep) {
  using Clock = std::chrono::steady_clock;
  Crew crew(1);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::atomic<bool> came{false};
    std::thread::id helper;
    // The caller waits here, as `run` would not, for the helper to come.
    crew.run(2, [&](int part) {
      const Clock::time_point patience = Clock::now() + std::chrono::seconds(30);
      if (part == 0) {
        while (!came && Clock::now() < patience) std::this_thread::yield();
      } else {
        helper = std::this_thread::get_id();
        came = true;
      }
    });
    EXPECT_NE(helper, std::this_thread::get_id());
  }
}

TEST(Crew, OfOneDoesAllAlone) {
  Crew crew(0);
  int done = 0;
  crew.run(1, [&](int) { ++done; });
  EXPECT_EQ(done, 1);
}

TEST(Crew, GoesOnMeanwhile) {
  Crew crew(3);
  for (int parts = 1; parts <= 4; ++parts)
    for (int round = 0; round < 500; ++round) {
      std::array<int, 4> done{};
      crew.start(parts, [&](int part) { ++done[static_cast<std::size_t>(part)]; });
      int meanwhile = 0;
      for (int i = 0; i < round % 100; ++i) meanwhile += i;
      crew.finish();
      for (int part = 0; part < 4; ++part)  // part 0 is nobody's
        ASSERT_EQ(done[static_cast<std::size_t>(part)], part > 0 && part < parts ? 1 : 0)
            << round << ' ' << meanwhile;
    }
  crew.finish();  // nothing
}

TEST(Crew, FinishesBeforeItEnds) {
  for (int round = 0; round < 50; ++round) {
    std::array<int, 3> done{};
    {
      Crew crew(2);
      crew.start(3, [&](int part) { ++done[static_cast<std::size_t>(part)]; });
    }
    EXPECT_EQ(done, (std::array<int, 3>{0, 1, 1}));
  }
}

TEST(Crew, MayEndWithoutWork) {
  for (int round = 0; round < 20; ++round) Crew crew(2);
}

}  // namespace
}  // namespace unroll
