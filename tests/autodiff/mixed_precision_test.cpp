// Products on a tape of mixed precision: operands rounded to bfloat16, everything else as it was.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include <unroll/tensor/bf16.hpp>

#include "gradient_cases.hpp"

namespace unroll {
namespace {

using test::random_tensor;
using test::weigh;

// The same values, rounded, as double.
Tensor rounded(const Tensor& tensor) {
  Tensor copy = tensor.clone();
  for (float& v : copy.span<float>()) v = from_bf16(to_bf16(v));
  return copy.to(DType::f64);
}

void expect_close(const Tensor& got, const Tensor& wanted, const char* what) {
  ASSERT_EQ(got.shape(), wanted.shape()) << what;
  double size = 0;
  for (const double v : wanted.span<double>()) size = std::max(size, std::abs(v));
  for (std::int64_t i = 0; i < got.size(); ++i)
    ASSERT_NEAR(got.data<float>()[i], wanted.data<double>()[i], 1e-5 * size) << what << " " << i;
}

double distance(const Tensor& a, const Tensor& b) {
  double difference = 0, size = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    difference += std::pow(a.data<float>()[i] - b.data<float>()[i], 2);
    size += std::pow(b.data<float>()[i], 2);
  }
  return std::sqrt(difference / size);
}

struct Mixed : Graph {
  explicit Mixed(Mode mode = Mode::record) : Graph(mode) { set_precision(Precision::bf16); }
};

struct Product {
  const char* name;
  std::vector<Shape> inputs;
  Var (*of)(std::span<const Var>);
};

TEST(MixedPrecision, EveryProductIsThatOfRoundedOperands) {
  const Product products[] = {
      {"matmul", {{3, 4, 50}, {50, 60}}, [](auto v) { return matmul(v[0], v[1]); }},
      {"affine", {{3, 4, 50}, {50, 61}, {61}}, [](auto v) { return affine(v[0], v[1], v[2]); }},
      {"matmul_transposed",
       {{3, 4, 51}, {60, 51}},
       [](auto v) { return matmul_transposed(v[0], v[1]); }},
  };
  for (const Product& product : products) {
    RandomStream random(1, product.name);
    Mixed graph;
    Graph exact;
    std::vector<Var> inputs, exact_inputs;
    for (const Shape& shape : product.inputs) {
      const Tensor value = random_tensor(shape, random, DType::f32);
      inputs.push_back(graph.input(value));
      // A bias is not an operand of a product.
      exact_inputs.push_back(
          exact.input(shape.rank() == 1 ? value.to(DType::f64) : rounded(value)));
    }
    const Var y = product.of(inputs), exact_y = product.of(exact_inputs);
    expect_close(y.value(), exact_y.value(), product.name);

    // A gradient that bfloat16 holds reaches both alike.
    const Tensor seed = rounded(random_tensor(y.shape(), random, DType::f32));
    graph.backward(sum(y * graph.constant(seed.to(DType::f32))));
    exact.backward(sum(exact_y * exact.constant(seed)));
    for (std::size_t i = 0; i < inputs.size(); ++i)
      expect_close(graph.gradient(inputs[i]), exact.gradient(exact_inputs[i]), product.name);
  }
}

TEST(MixedPrecision, RoundsTheGradientThatArrives) {
  Mixed graph;
  const Var x = graph.input(Tensor::full({1, 1}, 1)), w = graph.input(Tensor::full({1, 1}, 1));
  graph.backward(sum(matmul(x, w) * graph.constant(Tensor::full({1, 1}, 1 + 1.0 / 512))));
  EXPECT_EQ(graph.gradient(x).data<float>()[0], 1);
  EXPECT_EQ(graph.gradient(w).data<float>()[0], 1);
}

TEST(MixedPrecision, LeavesDoubleAndRowsOfOneHotsAlone) {
  Mixed graph;
  RandomStream random(2, "mixed");
  const Tensor w = random_tensor({5, 7}, random, DType::f32);
  const std::vector<std::int32_t> ids{3, 0};
  const Var rows = matmul(graph.one_hot(Tensor::of<std::int32_t>({2}, ids), 5), graph.input(w));
  for (std::int64_t j = 0; j < 7; ++j)
    EXPECT_EQ(rows.value().data<float>()[j], w.data<float>()[3 * 7 + j]);

  Graph plain;
  const Tensor x = random_tensor({4, 5}, random), v = random_tensor({5, 3}, random);
  const Var mixed = matmul(graph.input(x), graph.input(v));
  const Var exact = matmul(plain.input(x), plain.input(v));
  for (std::int64_t i = 0; i < 12; ++i)
    EXPECT_EQ(mixed.value().data<double>()[i], exact.value().data<double>()[i]);
}

// A network of several products: as near to float32's loss and gradients as rounding lets it be,
// and no nearer.
TEST(MixedPrecision, GradientsOfANetworkAreNearThoseOfSinglePrecision) {
  RandomStream random(3, "mixed");
  std::vector<Tensor> values;
  for (const Shape& shape : {Shape{20, 30}, Shape{30, 40}, Shape{40}, Shape{40, 10}, Shape{10}}) {
    values.push_back(random_tensor(shape, random, DType::f32));
    for (float& v : values.back().span<float>()) v *= 0.2f;
  }
  const auto run = [&](Graph& graph, std::vector<Var>& inputs) {
    for (const Tensor& value : values) inputs.push_back(graph.input(value));
    const Var hidden = tanh(affine(inputs[0], inputs[1], inputs[2]));
    const Var loss = weigh(sigmoid(affine(hidden, inputs[3], inputs[4])));
    graph.backward(loss);
    return loss.value().data<float>()[0];
  };
  Mixed mixed;
  Graph single;
  std::vector<Var> mixed_inputs, single_inputs;
  const float loss = run(mixed, mixed_inputs), wanted = run(single, single_inputs);
  EXPECT_NEAR(loss, wanted, 1e-2 * std::abs(wanted));
  EXPECT_NE(loss, wanted);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double away =
        distance(mixed.gradient(mixed_inputs[i]), single.gradient(single_inputs[i]));
    EXPECT_LT(away, 1e-2) << i;
    EXPECT_GT(away, i < 4 ? 1e-5 : 0.0) << i;
  }
}

}  // namespace
}  // namespace unroll
