// What an example of a class counts, and the mean that is trained on.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include <unroll/model/class_weights.hpp>

namespace unroll {
namespace {

Var mean_loss(const CrossEntropy& entropy, Var logits, const Tensor& targets,
              const Tensor& weights) {
  Outcome outcome;
  set_mean_loss(outcome, entropy, logits, targets, weights);
  return outcome.loss;
}

Tensor doubles(const Shape& shape, const std::vector<double>& values) {
  return Tensor::of<double>(shape, values);
}

Tensor classes(const std::vector<std::int32_t>& values) {
  return Tensor::of<std::int32_t>(Shape{std::ssize(values)}, values);
}

TEST(ClassWeights, GiveEveryClassThatOccursTheSameSum) {
  const Tensor weights = balanced_weights({6, 0, 3, 1}, DType::f64);
  const auto w = weights.span<double>();
  EXPECT_DOUBLE_EQ(6 * w[0], 10.0 / 3);
  EXPECT_DOUBLE_EQ(3 * w[2], 10.0 / 3);
  EXPECT_DOUBLE_EQ(1 * w[3], 10.0 / 3);
  EXPECT_EQ(w[1], 1) << "of a class that does not occur nothing is known";
  EXPECT_EQ(balanced_weights({6, 0, 3, 1}, DType::f32).dtype(), DType::f32);
}

TEST(ClassWeights, WeightTheMeanOfTokensAndLeavePaddingOut) {
  Graph graph;
  const Var logits = graph.constant(doubles(Shape{3, 2}, {1, 0, 0, 0, 5, 5}));
  const Tensor targets = classes({0, 1, -1});
  const CrossEntropy entropy = cross_entropy(logits, targets);
  const double first = std::log1p(std::exp(-1.0)), second = std::log(2.0);
  const auto value = [](Var loss) { return *loss.value().data<double>(); };
  EXPECT_NEAR(value(mean_loss(entropy, logits, targets, {})), (first + second) / 2, 1e-12);
  const Tensor weights = doubles(Shape{2}, {1, 3});
  EXPECT_NEAR(value(mean_loss(entropy, logits, targets, weights)), (first + 3 * second) / 4, 1e-12);
}

TEST(ClassWeights, OfNothingButPaddingAreNoLoss) {
  Graph graph;
  const Var logits = graph.constant(doubles(Shape{1, 2}, {1, 0}));
  const Tensor targets = classes({-1});
  const Tensor weights = doubles(Shape{2}, {1, 3});
  for (const Tensor& each : {Tensor(), weights})
    EXPECT_EQ(
        *mean_loss(cross_entropy(logits, targets), logits, targets, each).value().data<double>(),
        0);
}

}  // namespace
}  // namespace unroll
