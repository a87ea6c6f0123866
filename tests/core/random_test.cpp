#include <gmock/gmock.h>

#include <cmath>
#include <map>

#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>

namespace unroll {
namespace {

// The ten values that the authors' C program prints for the state {1, 2, 3, 4}.
TEST(RandomStream, IsXoshiro256PlusPlus) {
  RandomStream stream(RandomStream::State{1, 2, 3, 4});
  for (const std::uint64_t expected :
       {41943041ull, 58720359ull, 3588806011781223ull, 3591011842654386ull, 9228616714210784205ull,
        9973669472204895162ull, 14011001112246962877ull, 12406186145184390807ull,
        15849039046786891736ull, 10450023813501588000ull}) {
    EXPECT_EQ(stream.next(), expected);
  }
}

// Computed by an independent Python program; a change here breaks every saved run.
TEST(RandomStream, SeedAndNameGiveFixedStreams) {
  RandomStream stream(1, "dropout");
  EXPECT_THAT(stream.state(), testing::ElementsAre(0x8d283fea66d0eeffu, 0xb44b7d8438495211u,
                                                   0x6243ec3c817a8698u, 0x2301252901fb506eu));
  EXPECT_EQ(stream.next(), 1647374126088258481u);
  EXPECT_EQ(stream.next(), 3654569466782565805u);

  RandomStream uniform(1, "dropout");
  EXPECT_DOUBLE_EQ(uniform.uniform(), 0.0893043303200649);
  EXPECT_DOUBLE_EQ(uniform.uniform(), 0.1981146077692424);
  RandomStream normal(1, "dropout");
  EXPECT_DOUBLE_EQ(normal.normal(), 0.13852671248625043);
  EXPECT_DOUBLE_EQ(normal.normal(), -0.6238514046930805);
}

TEST(RandomStream, NamesAndSeedsAreIndependent) {
  EXPECT_NE(RandomStream(1, "a").next(), RandomStream(1, "b").next());
  EXPECT_NE(RandomStream(1, "a").next(), RandomStream(2, "a").next());
  EXPECT_EQ(RandomStream(1, "a").next(), RandomStream(1, "a").next());
}

TEST(RandomStream, ContinuesFromItsState) {
  RandomStream stream(7, "shuffle");
  stream.next();
  RandomStream resumed(stream.state());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(stream.next(), resumed.next());
}

TEST(RandomStream, MomentsAreThoseOfTheDistributions) {
  RandomStream stream(3, "moments");
  constexpr int kDraws = 200000;
  double sum = 0, squares = 0, uniform = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double z = stream.normal();
    sum += z;
    squares += z * z;
    const double u = stream.uniform(-2, 6);
    ASSERT_GE(u, -2);
    ASSERT_LT(u, 6);
    uniform += u;
  }
  EXPECT_NEAR(sum / kDraws, 0, 0.01);
  EXPECT_NEAR(squares / kDraws, 1, 0.02);
  EXPECT_NEAR(uniform / kDraws, 2, 0.02);
}

TEST(RandomStream, BelowHasNoBias) {
  RandomStream stream(5, "below");
  std::map<std::uint64_t, int> counts;
  for (int i = 0; i < 60000; ++i) ++counts[stream.below(6)];
  ASSERT_EQ(counts.size(), 6u);
  for (const auto& [value, count] : counts) EXPECT_NEAR(count, 10000, 400) << value;
  EXPECT_EQ(stream.below(1), 0u);
  // With a bound of 3 * 2^62 a quarter of the words must be drawn again.
  for (int i = 0; i < 100; ++i) EXPECT_LT(stream.below(3ull << 62), 3ull << 62);
  EXPECT_THROW(stream.below(0), Error);
}

}  // namespace
}  // namespace unroll
