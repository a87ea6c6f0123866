#include <unroll/results/thinning.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace unroll {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

std::vector<double> steps(std::size_t count) {
  std::vector<double> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = 10.0 * static_cast<double>(i + 1);
  return x;
}

TEST(ThinCurve, LeavesAShortCurveAsItIs) {
  EXPECT_THAT(thin_curve(steps(4), std::vector<double>{4, 3, 2, 1}, 4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(thin_curve({}, {}, 10), SizeIs(0));
}

TEST(ThinCurve, LeavesOutWhatIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(thin_curve(steps(5), std::vector<double>{nan, 3, INFINITY, 1, nan}, 9),
              ElementsAre(1, 3));
}

TEST(ThinCurve, KeepsEndsSpikeAndOrder) {
  std::vector<double> y(10000, 1.0);
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = 5 * std::exp(-static_cast<double>(i) / 900);
  y[6543] = 40;
  const std::vector<std::size_t> kept = thin_curve(steps(y.size()), y, 100);
  EXPECT_THAT(kept, SizeIs(100));
  EXPECT_EQ(kept.front(), 0u);
  EXPECT_EQ(kept.back(), y.size() - 1);
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end(), std::less_equal<>()));
  EXPECT_TRUE(std::binary_search(kept.begin(), kept.end(), std::size_t{6543}));
}

TEST(ThinCurve, IsThreePointsAtLeast) {
  EXPECT_THAT(thin_curve(steps(5), std::vector<double>{0, 0, 0, 9, 0}, 1), ElementsAre(0, 3, 4));
}

TEST(ThinRows, TakesThemEvenlyWithBothEnds) {
  EXPECT_THAT(thin_rows(9, 5), ElementsAre(0, 2, 4, 6, 8));
  EXPECT_THAT(thin_rows(3, 5), ElementsAre(0, 1, 2));
  EXPECT_THAT(thin_rows(1000, 2), ElementsAre(0, 999));
  EXPECT_THAT(thin_rows(0, 5), SizeIs(0));
}

}  // namespace
}  // namespace unroll
