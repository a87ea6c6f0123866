#include <gtest/gtest.h>

#include <cmath>

#include <unroll/core/error.hpp>
#include <unroll/metrics/regression.hpp>

namespace unroll::metrics {
namespace {

// By hand; the errors are 0.5, -0.5, 0, -1, the targets' mean 2.875.
TEST(Regression, Figures) {
  Regression regression;
  regression.add(std::vector<double>{2.5, 0.0, 2, 8}, std::vector<double>{3, -0.5, 2, 7});
  EXPECT_EQ(regression.count(), 4);
  EXPECT_DOUBLE_EQ(regression.root_mean_square_error(), std::sqrt(1.5 / 4));
  EXPECT_DOUBLE_EQ(regression.mean_absolute_error(), 0.5);
  EXPECT_DOUBLE_EQ(regression.r_squared(), 1 - 1.5 / 29.1875);
}

TEST(Regression, BatchesAddUp) {
  Regression whole, parts;
  const std::vector<float> predictions{1, 2, 3, 4.5F}, targets{1.5F, 2, 2, 5};
  whole.add(predictions, targets);
  parts.add(std::span(predictions).first(1), std::span(targets).first(1));
  parts.add(std::span(predictions).subspan(1), std::span(targets).subspan(1));
  EXPECT_EQ(whole.r_squared(), parts.r_squared());
  EXPECT_EQ(whole.root_mean_square_error(), parts.root_mean_square_error());
  EXPECT_THROW(parts.add(predictions, std::span(targets).first(1)), Error);
}

TEST(Regression, LargeTargetsLoseNoDigits) {
  Regression regression;
  for (const double y : {-1.0, 0.0, 1.0}) regression.add(1e8 + y / 2, 1e8 + y);
  EXPECT_NEAR(regression.r_squared(), 0.75, 1e-7);
}

TEST(Regression, EqualTargetsAndNone) {
  Regression exact, wrong;
  exact.add(3, 3);
  wrong.add(2, 3);
  EXPECT_EQ(exact.r_squared(), 1);
  EXPECT_EQ(wrong.r_squared(), 0);
  EXPECT_EQ(Regression().r_squared(), 0);
  EXPECT_EQ(Regression().root_mean_square_error(), 0);
}

}  // namespace
}  // namespace unroll::metrics
