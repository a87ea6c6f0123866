#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <unroll/core/shuffled.hpp>

namespace unroll {
namespace {

std::vector<std::uint64_t> all_of(std::uint64_t count, std::uint64_t seed) {
  RandomStream random(seed, "order");
  const Shuffled order(count, random);
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 0; i < count; ++i) all.push_back(order[i]);
  return all;
}

TEST(Shuffled, HoldsEveryNumberOnce) {
  for (const std::uint64_t count : {1, 2, 3, 4, 5, 16, 17, 1000, 65536, 70001}) {
    std::vector<std::uint64_t> sorted = all_of(count, 1), wanted(count);
    std::sort(sorted.begin(), sorted.end());
    std::iota(wanted.begin(), wanted.end(), std::uint64_t{0});
    EXPECT_EQ(sorted, wanted) << count;
  }
}

TEST(Shuffled, TheSeedDecidesTheOrder) {
  const auto order = all_of(1000, 1);
  EXPECT_EQ(order, all_of(1000, 1));
  EXPECT_NE(order, all_of(1000, 2));
  // Neighbours are as far apart as in a random order, a third of the whole, give or take.
  double distance = 0;
  for (std::size_t i = 1; i < order.size(); ++i)
    distance += std::abs(static_cast<double>(order[i]) - static_cast<double>(order[i - 1]));
  EXPECT_NEAR(distance / 999, 333, 40);
}

TEST(Shuffled, TakesAnyCount) {
  const std::uint64_t many = (std::uint64_t{1} << 40) + 12345;
  RandomStream random(3, "order");
  const Shuffled order(many, random);
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{1}, many / 2, many - 1})
    EXPECT_LT(order[index], many);
}

}  // namespace
}  // namespace unroll
