// Cells and parameters on a tape of mixed precision.
#include "cells_support.hpp"

namespace unroll::test {
namespace {

TEST(MixedPrecision, ParametersArePackedAnewWhenTheyChange) {
  ParameterStore store(1, DType::f32);
  Parameter& w = Parameters(store).make("w", {3, 3}, init::zeros(), {"in, out", {}});
  Graph graph;
  graph.set_precision(Precision::bf16);
  for (const float value : {1.0f, 2.0f, -4.0f}) {
    Tensor(w.value()).fill(value);
    graph.clear();
    const Var x = graph.input(Tensor::full({2, 3}, 1));
    const Var y = matmul(matmul(x, w), w) + matmul_transposed(x, w);  // one layout twice
    EXPECT_EQ(y.value().data<float>()[0], 9 * value * value + 3 * value);
    graph.backward(sum(y));
    EXPECT_EQ(graph.gradient(x).data<float>()[0], 9 * value * value + 3 * value);
  }
}

/// What a cell makes of some input, with the gradient of all of it.
struct Result {
  Tensor outputs;
  std::vector<Tensor> gradients;  ///< of x, the state and every parameter

  Result(const Variant& variant, Precision precision, bool fused) {
    constexpr std::int64_t T = 6, N = 9, I = 20, H = 36;
    LoneCell lone(variant, {I, H, {}}, DType::f32);
    randomise(lone.store, 0.3);
    Graph graph;
    graph.set_precision(precision);
    const Var x = graph.input(random_tensor({T, N, I}, "x", DType::f32));
    State state;
    for (const Tensor& part : lone.initial(N)) state.push_back(graph.input(part));
    const std::vector<Var> before(state.begin(), state.end());
    if (fused) {
      outputs = finish(graph, lone.cell->run(x, state).outputs);
    } else {
      const Var projected = lone.cell->run_project(x);
      std::vector<Var> steps;
      for (std::int64_t t = 0; t < T; ++t) {
        state = lone.cell->run_step(at(projected, t), state);
        steps.push_back(state.front());
      }
      outputs = finish(graph, stack(steps));
    }
    gradients.push_back(graph.gradient(x));
    for (const Var& part : before) gradients.push_back(graph.gradient(part));
    for (const Parameter* parameter : lone.store.all())
      gradients.push_back(parameter->gradient().clone());
  }

 private:
  static Tensor finish(Graph& graph, Var y) {
    graph.backward(sum(y * graph.constant(random_tensor(y.shape(), "up", DType::f32))));
    return y.value().clone();
  }
};

class CellsInMixedPrecision : public testing::TestWithParam<Variant> {};

TEST_P(CellsInMixedPrecision, AreNearSinglePrecisionAndNotTheSame) {
  const Result mixed(GetParam(), Precision::bf16, true), single(GetParam(), Precision::f32, true);
  EXPECT_LT(distance(mixed.outputs, single.outputs), 0.02);
  EXPECT_GT(distance(mixed.outputs, single.outputs), 1e-5);
  for (std::size_t i = 0; i < mixed.gradients.size(); ++i)
    EXPECT_LT(distance(mixed.gradients[i], single.gradients[i]), 0.05) << i;
}

TEST_P(CellsInMixedPrecision, GiveTheSameAtOnceAndStepByStep) {
  const Result at_once(GetParam(), Precision::bf16, true);
  const Result by_steps(GetParam(), Precision::bf16, false);
  // Where a value lies between two bfloat16 numbers, float32's last bit decides which it becomes.
  EXPECT_LT(distance(at_once.outputs, by_steps.outputs), 2e-3);
  for (std::size_t i = 0; i < at_once.gradients.size(); ++i)
    EXPECT_LT(distance(at_once.gradients[i], by_steps.gradients[i]), 0.02) << i;
}

// Rows of W gathered within the recurrence are those gathered before it, in float32.
TEST_P(CellsInMixedPrecision, GatherRowsForOneHotInput) {
  constexpr std::int64_t T = 6, N = 9, I = 7, H = 36;
  std::vector<std::int32_t> ids;
  for (int i = 0; i < T * N; ++i) ids.push_back(i * i % (I + 1));  // I: all zero
  Tensor outputs[2];
  std::vector<Tensor> gradients[2];
  for (const bool at_once : {false, true}) {
    LoneCell lone(GetParam(), {I, H, {}}, DType::f32);
    randomise(lone.store, 0.3);
    Graph graph;
    graph.set_precision(Precision::bf16);
    const Var x = graph.one_hot(Tensor::of<std::int32_t>({T, N}, ids), I);
    State state;
    for (const Tensor& part : lone.initial(N)) state.push_back(graph.constant(part));
    const Var y = at_once ? lone.cell->run(x, state).outputs
                          : lone.cell->run_unroll(lone.cell->run_project(x), state).outputs;
    graph.backward(sum(y * graph.constant(random_tensor(y.shape(), "up", DType::f32))));
    outputs[at_once] = y.value().clone();
    for (const Parameter* parameter : lone.store.all())
      gradients[at_once].push_back(parameter->gradient().clone());
  }
  EXPECT_LT(distance(outputs[1], outputs[0]), 2e-3);
  for (std::size_t i = 0; i < gradients[0].size(); ++i)
    EXPECT_LT(distance(gradients[1][i], gradients[0][i]), 0.02) << i;
}

INSTANTIATE_TEST_SUITE_P(Cells, CellsInMixedPrecision, testing::ValuesIn(all_variants()), label_of);

}  // namespace
}  // namespace unroll::test
