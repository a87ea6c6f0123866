// Losses against PyTorch and finite differences.
#include <gmock/gmock.h>

#include "gradient_cases.hpp"
#include "paths.hpp"
#include "stored.hpp"

namespace unroll::test {
namespace {

TEST(LossFixtures, MatchPyTorchsCrossEntropy) {
  const Hdf5File file = Hdf5File::open(test::fixture("ops.h5"));
  const std::vector<std::string> cases = file.children("cross_entropy");
  ASSERT_GE(cases.size(), 8U);
  for (const std::string& name : cases) {
    const Archive stored = file.read_all("cross_entropy/" + name);
    const Archive attributes = file.attributes("cross_entropy/" + name);
    const auto targets = std::get<std::vector<std::int32_t>>(stored.array("targets").values);
    for (const DType type : {DType::f64, DType::f32}) {
      // Of the logits near 1e6 the normaliser itself is rounded, in float to a sixteenth.
      const bool shifted = name == "shifted";
      const double tolerance = type == DType::f64 ? (shifted ? 1e-9 : 1e-12)
                               : shifted          ? 0.04
                                                  : 1e-6;
      Graph graph;
      const Var logits = graph.input(tensor_of(stored, "logits", type));
      const double smoothing = attributes.has("smoothing") ? attributes.number("smoothing") : 0;
      const CrossEntropy entropy =
          cross_entropy(logits, Tensor::of<std::int32_t>({std::ssize(targets)}, targets),
                        {tensor_of(stored, "class_weights", type), smoothing});
      const Var loss = (1 / entropy.weight) * entropy.total;
      expect_near(loss.value(), tensor_of(stored, "loss", DType::f64), tolerance, name);
      expect_near(log_softmax(logits).value(), tensor_of(stored, "log_softmax"), tolerance,
                  name + " log softmax");
      graph.backward(loss);
      expect_near(graph.gradient(logits), tensor_of(stored, "gradients/logits", DType::f64),
                  tolerance, name + " gradient");
    }
  }
}

TEST(LossFixtures, MatchPyTorchsMeanSquaredErrorOfTheRowsThatCount) {
  const Archive stored = read_hdf5(test::fixture("ops.h5")).below("squared_error/masked");
  Graph graph;
  const Var x = graph.input(tensor_of(stored, "x", DType::f64));
  Tensor targets = tensor_of(stored, "targets", DType::f64);
  targets[1].fill(NAN);  // of the row that does not count
  const SquaredError error = squared_error(x, targets, tensor_of(stored, "mask", DType::f64));
  EXPECT_EQ(error.weight, 9);
  const Var loss = (1 / error.weight) * error.total;
  expect_near(loss.value(), tensor_of(stored, "loss", DType::f64), 1e-14, "loss");
  graph.backward(loss);
  expect_near(graph.gradient(x), tensor_of(stored, "gradients/x", DType::f64), 1e-14, "gradient");
}

Tensor some_targets() {
  const std::vector<std::int32_t> values{2, 0, 4, 2, -1, 3};
  return Tensor::of<std::int32_t>({3, 2}, values);
}

Tensor numbers(const Shape& shape, DType type) {
  Tensor tensor = Tensor::empty(shape, DType::f64);
  double i = 0;
  for (double& v : tensor.span<double>()) v = std::fmod(++i, 3);
  return tensor.to(type);
}

std::vector<Case> cases() {
  const Shape x{3, 2, 5};
  const auto refined = [](bool weighted, double smoothing) {
    return [=](Graph&, In v) {
      CrossEntropyOptions options;
      options.label_smoothing = smoothing;
      if (weighted) options.class_weights = numbers({5}, v[0].dtype());
      // Twice, so that the second adds to the gradient of the first.
      return cross_entropy(v[0], some_targets(), options).total +
             0.5 * cross_entropy(v[0], some_targets(), options).total;
    };
  };
  const auto squared = [](const Shape& mask) {
    return [=](Graph&, In v) {
      const DType type = v[0].dtype();
      const Tensor counts = mask.rank() == 0 ? Tensor{} : numbers(mask, type);
      return squared_error(v[0], numbers(v[0].shape(), type), counts).total + weigh(v[0]);
    };
  };
  return {{"weighted_entropy", {x}, refined(true, 0)},
          {"smoothed_entropy", {x}, refined(false, 0.1)},
          {"weighted_smoothed_entropy", {x}, refined(true, 0.1)},
          {"squared_error", {x}, squared({})},
          {"squared_error_masked", {x}, squared(x)},
          {"squared_error_masked_by_row", {x}, squared({3, 2})}};
}

class LossGradients : public testing::TestWithParam<Case> {};

TEST_P(LossGradients, AgreeWithFiniteDifferences) {
  expect_gradients_of_differences(GetParam());
}

TEST_P(LossGradients, AreTheSameInSinglePrecision) {
  expect_the_same_in_single_precision(GetParam());
}

INSTANTIATE_TEST_SUITE_P(Operations, LossGradients, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

TEST(Losses, RefuseWhatDoesNotFit) {
  Graph graph;
  const Var x = graph.constant(Tensor::zeros({3, 2, 5}));
  CrossEntropyOptions few, high;
  few.class_weights = Tensor::zeros({4});
  high.label_smoothing = 1;
  EXPECT_THROW(cross_entropy(x, some_targets(), few), std::invalid_argument);
  EXPECT_THROW(cross_entropy(x, some_targets(), high), std::invalid_argument);
  EXPECT_THROW(squared_error(x, Tensor::zeros({3, 2, 4})), std::invalid_argument);
  EXPECT_THROW(squared_error(x, Tensor::zeros({3, 2, 5}), Tensor::zeros({3})),
               std::invalid_argument);
}

}  // namespace
}  // namespace unroll::test
