#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include <unroll/analysis/histogram.hpp>
#include <unroll/core/random.hpp>

namespace unroll {
namespace {

std::int64_t total(const Histogram& found) {
  return std::accumulate(found.counts.begin(), found.counts.end(), std::int64_t{0});
}

TEST(Histogram, CountsEveryValueOnce) {
  const std::vector<float> values = {0, 1, 1, 2, 2.9F, 3, 4};
  const Histogram found = histogram(values, 4);
  EXPECT_EQ(found.low, 0);
  EXPECT_EQ(found.high, 4);
  EXPECT_EQ(found.counts, (std::vector<std::int64_t>{1, 2, 2, 2}));
}

TEST(Histogram, OneValueAlone) {
  const Histogram found = histogram(std::vector<float>(7, 2.5F), 3);
  EXPECT_EQ(found.low, 2.5);
  EXPECT_EQ(found.high, 2.5);
  EXPECT_EQ(found.counts, (std::vector<std::int64_t>{7, 0, 0}));
}

TEST(Histogram, AnOutlierDoesNotHideTheRest) {
  std::vector<float> values(10'000);
  RandomStream random(1, "histogram");
  for (float& value : values) value = static_cast<float>(random.uniform(-1, 1));
  values[17] = 1e6F;
  values[18] = -40;
  const Histogram found = histogram(values, 40);
  EXPECT_EQ(total(found), 10'000);
  EXPECT_EQ(found.low, -40);
  EXPECT_LT(found.high, 6e4) << "five deviations, of which the outlier is the most";
  EXPECT_EQ(found.counts.back(), 1);

  values[17] = 30;  // deviation about 0.8
  EXPECT_LT(histogram(values, 40).high, 5);
  EXPECT_GT(histogram(values, 40).low, -5);
  EXPECT_EQ(histogram(values, 40).counts.front(), 1);
}

TEST(Histogram, WhatIsNotFiniteIsLeftOut) {
  const float infinite = std::numeric_limits<float>::infinity();
  const Histogram found = histogram(std::vector<float>({1, infinite, 3, -infinite, NAN}), 2);
  EXPECT_EQ(found.counts, (std::vector<std::int64_t>{1, 1}));
  EXPECT_EQ(total(histogram(std::vector<float>(1, NAN), 2)), 0);
  EXPECT_EQ(total(histogram({}, 2)), 0);
}

TEST(Histogram, NeighboursInFloatStillHaveARange) {
  const float one = 1, next = std::nextafter(one, 2.0F);
  const Histogram found = histogram(std::vector<float>{one, one, next}, 10);
  EXPECT_EQ(found.low, one);
  EXPECT_EQ(found.high, next);
  EXPECT_EQ(found.counts.front(), 2);
  EXPECT_EQ(found.counts.back(), 1);
}

}  // namespace
}  // namespace unroll
