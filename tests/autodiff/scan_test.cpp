// The linear scan: a plain loop, finite differences, long sequences wider than a thread's share.
#include <unroll/tensor/engine.hpp>

#include "gradient_cases.hpp"

namespace unroll::test {
namespace {

Var scan_of(In v) {
  return linear_scan(v[0], v[1], v[2]);
}

TEST(LinearScan, GradientsMatchFiniteDifferences) {
  const Shape x{5, 3, 4};
  for (const Case& each :
       {Case{"scan", {x, x, {3, 4}}, [](Graph&, In v) { return weigh(scan_of(v)); }},
        Case{"scan_one_step",
             {{1, 3, 4}, {1, 3, 4}, {3, 4}},
             [](Graph&, In v) { return weigh(tanh(scan_of(v))); }},
        Case{"scan_same_gates_and_input", {x, {3, 4}}, [](Graph&, In v) {
               return weigh(linear_scan(v[0], v[0], v[1]));
             }}}) {
    expect_gradients_of_differences(each);
    expect_the_same_in_single_precision(each);
  }
}

TEST(LinearScan, IsThePlainLoopForAnyThreads) {
  const std::int64_t T = 7, N = 5, F = 611;  // three shares of elements, the last one not whole
  RandomStream random(1, "scan");
  const Tensor decay = random_tensor({T, N, F}, random, DType::f32);
  const Tensor input = random_tensor({T, N, F}, random, DType::f32);
  const Tensor initial = random_tensor({N, F}, random, DType::f32);
  const int before = Engine::get().threads();
  for (const int threads : {1, 2}) {
    Engine::get().set_threads(threads);
    Graph graph;
    const Tensor y =
        linear_scan(graph.constant(decay), graph.constant(input), graph.constant(initial)).value();
    for (std::int64_t i = 0; i < N * F; ++i) {
      double value = initial.data<float>()[i];
      for (std::int64_t t = 0; t < T; ++t) {
        const std::int64_t at = t * N * F + i;
        value = decay.data<float>()[at] * value + input.data<float>()[at];
        ASSERT_NEAR(y.data<float>()[at], value, 1e-5 * (1 + std::abs(value))) << at;
      }
    }
  }
  Engine::get().set_threads(before);
}

TEST(LinearScan, OfNoStepsIsEmptyAndOfOddShapesRefused) {
  Graph graph;
  const auto zeros = [&](const Shape& shape) { return graph.input(Tensor::zeros(shape)); };
  const Var initial = zeros({3, 4});
  const Var none = linear_scan(zeros({0, 3, 4}), zeros({0, 3, 4}), initial);
  EXPECT_EQ(none.shape(), (Shape{0, 3, 4}));
  graph.backward(sum(none) + sum(initial));
  EXPECT_EQ(*graph.gradient(initial).data<float>(), 1);
  EXPECT_THROW(linear_scan(zeros({2, 3, 4}), zeros({2, 3, 5}), initial), std::invalid_argument);
  EXPECT_THROW(linear_scan(zeros({2, 3, 4}), zeros({2, 3, 4}), zeros({4, 3})),
               std::invalid_argument);
}

}  // namespace
}  // namespace unroll::test
