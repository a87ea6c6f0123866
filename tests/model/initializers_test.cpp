#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <unroll/core/error.hpp>
#include <unroll/model/chrono_bias.hpp>
#include <unroll/model/initializers.hpp>

namespace unroll {
namespace {

Tensor made(const Initializer& initializer, const Shape& shape) {
  Tensor tensor = Tensor::empty(shape, DType::f64);
  RandomStream random(11, "test");
  initializer(tensor, random);
  return tensor;
}

double largest(const Tensor& tensor) {
  double most = 0;
  for (const double value : tensor.span<double>()) most = std::max(most, std::abs(value));
  return most;
}

/// How far the products of columns (or rows) of one block are from the identity.
double distance_from_orthonormal(const Tensor& W, std::int64_t begin, std::int64_t end, bool rows) {
  const std::int64_t height = W.dim(0), width = W.dim(1);
  const auto element = [&](std::int64_t i, std::int64_t k) {  // k-th number of vector i
    return rows ? W.data<double>()[i * width + begin + k] : W.data<double>()[k * width + begin + i];
  };
  const std::int64_t count = rows ? height : end - begin, size = rows ? end - begin : height;
  double worst = 0;
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t j = 0; j <= i; ++j) {
      double dot = 0;
      for (std::int64_t k = 0; k < size; ++k) dot += element(i, k) * element(j, k);
      worst = std::max(worst, std::abs(dot - (i == j ? 1 : 0)));
    }
  return worst;
}

TEST(Initializers, IdentityIsOneOnTheDiagonal) {
  const Tensor eye = made(init::identity(0.5), {3, 3});
  for (std::int64_t i = 0; i < 9; ++i)
    EXPECT_EQ(eye.data<double>()[i], i % 4 == 0 ? 0.5 : 0.0) << i;
}

TEST(Initializers, OrthogonalBlocksAreOrthonormal) {
  const Tensor square = made(init::orthogonal(4), {17, 68});
  for (std::int64_t part = 0; part < 4; ++part)
    EXPECT_LT(distance_from_orthonormal(square, part * 17, part * 17 + 17, false), 1e-12);
  EXPECT_LT(distance_from_orthonormal(made(init::orthogonal(), {9, 5}), 0, 5, false), 1e-12);
  EXPECT_LT(distance_from_orthonormal(made(init::orthogonal(2), {5, 18}), 9, 18, true), 1e-12);
}

TEST(Initializers, GlorotCountsTheFanOutOfOneBlock) {
  const double limit = std::sqrt(6.0 / (30 + 20));
  const Tensor W = made(init::glorot_uniform(4), {30, 80});
  EXPECT_LE(largest(W), limit);
  EXPECT_GT(largest(W), 0.95 * limit);
}

TEST(Initializers, NormalHasItsMeanAndDeviation) {
  const Tensor W = made(init::normal(3, 0.5), {100, 100});
  double mean = 0, square = 0;
  for (const double value : W.span<double>()) mean += value / 1e4;
  for (const double value : W.span<double>()) square += (value - mean) * (value - mean) / 1e4;
  EXPECT_NEAR(mean, 3, 0.02);
  EXPECT_NEAR(std::sqrt(square), 0.5, 0.02);
}

TEST(Initializers, SchemesReplaceTheDefaults) {
  EXPECT_LT(
      distance_from_orthonormal(made(init::recurrent_weights({}, 8, 2), {8, 16}), 8, 16, false),
      1e-12);
  const init::Scheme uniform{"uniform", 0.08}, lecun{"lecun", 0};
  for (const Initializer& each :
       {init::input_weights(uniform, 8, 4), init::recurrent_weights(uniform, 8, 4)}) {
    EXPECT_LE(largest(made(each, {64, 64})), 0.08);
    EXPECT_GT(largest(made(each, {64, 64})), 0.078);
  }
  EXPECT_LE(largest(made(init::input_weights(lecun, 64, 4), {64, 256})), 0.125);
  EXPECT_EQ(largest(made(init::bias({}, 8), {32})), 0);
  EXPECT_LE(largest(made(init::bias(uniform, 8), {256})), 0.08);
  EXPECT_GT(largest(made(init::bias(uniform, 8), {256})), 0.07);
  EXPECT_GT(largest(made(init::bias(lecun, 64), {256})), 0.12);
  EXPECT_THROW(init::input_weights({"glorott", 0}, 8, 1), Error);
}

TEST(Initializers, ForgetBiasIsAddedToItsColumnsAlone) {
  const Tensor plain = made(init::bias({}, 3, 3, 6, 1.5), {12});
  const Tensor drawn = made(init::bias({"lecun", 0}, 4, 3, 6, 1.5), {12});
  for (std::int64_t i = 0; i < 12; ++i) {
    const double added = i >= 3 && i < 6 ? 1.5 : 0;
    EXPECT_EQ(plain.data<double>()[i], added);
    EXPECT_NEAR(drawn.data<double>()[i], added, 0.5);
  }
}

TEST(Initializers, ChronoDrawsMemoriesUpToTheLongest) {
  const std::int64_t hidden = 1000, longest = 70;
  const Tensor b = made(init::chrono_bias({}, hidden, longest, hidden, 0), {4 * hidden});
  const double* const values = b.data<double>();
  double mean = 0, shortest = longest, most = 0;
  for (std::int64_t unit = 0; unit < hidden; ++unit) {
    const double keep = values[hidden + unit], steps = std::exp(keep);
    EXPECT_EQ(values[unit], -keep) << "what is let in is the opposite of what is kept";
    EXPECT_EQ(values[2 * hidden + unit], 0);
    EXPECT_EQ(values[3 * hidden + unit], 0);
    mean += steps / static_cast<double>(hidden);
    shortest = std::min(shortest, steps);
    most = std::max(most, steps);
  }
  EXPECT_NEAR(mean, (1 + 69) / 2.0, 2);
  EXPECT_GE(shortest, 1);
  EXPECT_LE(most, 69);
  EXPECT_LT(shortest, 2);
  EXPECT_GT(most, 68);
}

TEST(Initializers, ChronoLeavesOtherColumnsToTheScheme) {
  const Tensor b = made(init::chrono_bias({"lecun", 0}, 4, 1000, 4), {12});
  for (std::int64_t i = 0; i < 12; ++i) {
    if (i >= 4 && i < 8) continue;
    EXPECT_NE(b.data<double>()[i], 0) << i;
    EXPECT_LE(std::abs(b.data<double>()[i]), 0.5) << i;
  }
  EXPECT_GT(largest(b), 2) << "of memories up to 1000 steps one of four is longer than 7";
  EXPECT_EQ(largest(made(init::chrono_bias({}, 4, 2, 4, 0), {16})), 0);
  EXPECT_THROW(init::chrono_bias({}, 4, 0, 4), std::invalid_argument);
}

}  // namespace
}  // namespace unroll
