// Whole sequences against loops of single steps, in float32: the fused kernels and what the
// default unroll must do alike.
#include <unroll/tensor/engine.hpp>

#include <cstring>

#include "cells_support.hpp"

namespace unroll::test {
namespace {

struct Sizes {
  std::int64_t T, N, I, H;
};

/// Everything that comes out of a sequence, forward and backward.
struct Results {
  std::vector<Tensor> tensors;
  std::vector<std::string> names;

  void add(const std::string& name, const Tensor& tensor) {
    names.push_back(name);
    tensors.push_back(tensor.clone());
  }
};

enum class How { run, run_unroll, steps };

Unrolled looped(Cell& cell, Var projected, State state) {
  std::vector<Var> outputs;
  for (std::int64_t t = 0; t < projected.dim(0); ++t) {
    state = cell.run_step(at(projected, t), state);
    outputs.push_back(state[0]);
  }
  return {stack(outputs), state};
}

/// `arriving`: which gradients arrive, outputs (1) and last state (2).
Results compute(const Variant& variant, const Sizes& sizes, How how, int arriving = 3) {
  LoneCell lone(variant, {sizes.I, sizes.H, {}}, DType::f32);
  Graph graph;
  const Var x = graph.input(random_tensor({sizes.T, sizes.N, sizes.I}, "x", DType::f32));
  State state;
  for (const Tensor& part : lone.initial(sizes.N)) state.push_back(graph.input(part));
  Unrolled unrolled;
  if (how == How::run) {
    unrolled = lone.cell->run(x, state);
  } else {
    const Var projected = lone.cell->run_project(x);
    unrolled = how == How::steps ? looped(*lone.cell, projected, state)
                                 : lone.cell->run_unroll(projected, state);
  }
  Results results;
  results.add("outputs", unrolled.outputs.value());
  Var loss;
  const auto arrive = [&](Var value, const std::string& name) {
    const Var term =
        sum(value * graph.constant(random_tensor(value.shape(), "up" + name, DType::f32)));
    loss = loss.defined() ? loss + term : term;
  };
  if ((arriving & 1) != 0) arrive(unrolled.outputs, "y");
  for (std::size_t i = 0; i < unrolled.last.size(); ++i) {
    results.add("last " + std::to_string(i), unrolled.last[i].value());
    if ((arriving & 2) != 0) arrive(unrolled.last[i], std::to_string(i));
  }
  graph.backward(loss);
  results.add("dx", graph.gradient(x));
  for (const Var& part : state) results.add("dstate", graph.gradient(part));
  for (const Parameter* p : lone.store.all()) results.add('d' + p->name(), p->gradient());
  return results;
}

void expect_alike(const Results& a, const Results& b, double tolerance, const std::string& what) {
  ASSERT_EQ(a.tensors.size(), b.tensors.size());
  for (std::size_t i = 0; i < a.tensors.size(); ++i) {
    if (tolerance == 0) {
      EXPECT_EQ(std::memcmp(a.tensors[i].raw(), b.tensors[i].raw(),
                            static_cast<std::size_t>(a.tensors[i].size()) * sizeof(float)),
                0)
          << what << ": " << a.names[i];
    } else {
      EXPECT_LE(distance(a.tensors[i], b.tensors[i]), tolerance) << what << ": " << a.names[i];
    }
  }
}

class CellUnroll : public testing::TestWithParam<Variant> {};

TEST_P(CellUnroll, EqualsStepsForOddSizes) {
  for (const Sizes& s :
       {Sizes{3, 4, 5, 6}, Sizes{6, 5, 4, 3}, Sizes{7, 13, 2, 17}, Sizes{1, 9, 3, 33},
        Sizes{5, 1, 4, 64}, Sizes{1, 1, 1, 1}, Sizes{2, 31, 3, 80}, Sizes{3, 6, 2, 96}}) {
    const std::string label = fmt::format("T{} N{} I{} H{}", s.T, s.N, s.I, s.H);
    const Results steps = compute(GetParam(), s, How::steps);
    expect_alike(compute(GetParam(), s, How::run), steps, 1e-5, label);
    expect_alike(compute(GetParam(), s, How::run_unroll), steps, 1e-5, label + " unowned");
  }
}

TEST_P(CellUnroll, EqualsStepsWhereverGradientsArrive) {
  for (const int arriving : {1, 2})
    expect_alike(compute(GetParam(), {4, 5, 3, 18}, How::run, arriving),
                 compute(GetParam(), {4, 5, 3, 18}, How::steps, arriving), 1e-5,
                 arriving == 1 ? "outputs" : "last state");
}

TEST_P(CellUnroll, IsTheSameToTheBitTwice) {
  expect_alike(compute(GetParam(), {9, 22, 5, 40}, How::run),
               compute(GetParam(), {9, 22, 5, 40}, How::run), 0, "again");
}

TEST_P(CellUnroll, AgreesBetweenThreadCounts) {
  const int before = Engine::get().threads();
  Engine::get().set_threads(1);
  const Results one = compute(GetParam(), {9, 22, 5, 40}, How::run);
  Engine::get().set_threads(2);
  const Results two = compute(GetParam(), {9, 22, 5, 40}, How::run);
  Engine::get().set_threads(before);
  expect_alike(one, two, 1e-6, "1 and 2 threads");
}

TEST_P(CellUnroll, AgreesBetweenInstructionSets) {
  const Results best = compute(GetParam(), {4, 7, 5, 21}, How::run);
  for (const std::string& target : Engine::get().vector_targets()) {
    Engine::get().use_vector_target(target);
    expect_alike(compute(GetParam(), {4, 7, 5, 21}, How::run), best, 1e-5, target);
  }
  Engine::get().use_vector_target({});
}

TEST_P(CellUnroll, LeavesTheProjectionOfOthersAlone) {
  LoneCell lone(GetParam(), {4, 19, {}}, DType::f32);
  Graph graph;
  const Var projected =
      lone.cell->run_project(graph.input(random_tensor({3, 5, 4}, "x", DType::f32)));
  const Tensor copy = projected.value().clone();
  State state;
  for (const Tensor& part : lone.initial(5)) state.push_back(graph.constant(part));
  graph.backward(sum(lone.cell->run_unroll(projected, state).outputs));
  EXPECT_EQ(distance(projected.value(), copy), 0);
}

TEST_P(CellUnroll, GivesTheSameWithoutATape) {
  LoneCell lone(GetParam(), {4, 19, {}}, DType::f32);
  const Tensor x = random_tensor({6, 7, 4}, "x", DType::f32);
  const auto outputs = [&](Graph& graph, bool steps) {
    State state;
    for (const Tensor& part : lone.initial(7)) state.push_back(graph.constant(part));
    const Var projected = lone.cell->run_project(graph.constant(x));
    const Unrolled unrolled =
        steps ? looped(*lone.cell, projected, state) : lone.cell->run_unroll(projected, state);
    std::vector<Tensor> values{unrolled.outputs.value().clone()};
    for (const Var& part : unrolled.last) values.push_back(part.value().clone());
    return values;
  };
  Graph record, infer(Graph::Mode::infer);
  const auto recorded = outputs(record, true), inferred = outputs(infer, false),
             stepped = outputs(infer, true);
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    EXPECT_LE(distance(inferred[i], recorded[i]), 2e-6);
    EXPECT_LE(distance(stepped[i], recorded[i]), 2e-6);
  }
}

TEST_P(CellUnroll, OneRowEqualsTheBatch) {
  LoneCell lone(GetParam(), {4, 23, {}}, DType::f32);
  const Tensor x = random_tensor({5, 14, 4}, "x", DType::f32);
  const std::vector<Tensor> initial = lone.initial(14);
  Graph graph(Graph::Mode::infer);
  State all, one;
  Tensor row = Tensor::empty({5, 1, 4});
  for (std::int64_t t = 0; t < 5; ++t) row[t].copy_from(x[t].slice(11, 12));
  for (const Tensor& part : initial) {
    all.push_back(graph.constant(part));
    one.push_back(graph.constant(part.slice(11, 12)));
  }
  const Tensor whole = lone.cell->run(graph.constant(x), all).outputs.value();
  const Tensor alone = lone.cell->run(graph.constant(row), one).outputs.value();
  for (std::int64_t t = 0; t < 5; ++t) EXPECT_LE(distance(alone[t], whole[t].slice(11, 12)), 1e-6);
}

TEST_P(CellUnroll, OfNoStepsGivesBackTheState) {
  LoneCell lone(GetParam(), {4, 6, {}}, DType::f32);
  Graph graph;
  State state;
  for (const Tensor& part : lone.initial(3)) state.push_back(graph.constant(part));
  const Unrolled unrolled = lone.cell->run(graph.constant(Tensor::zeros({0, 3, 4})), state);
  EXPECT_EQ(unrolled.outputs.shape(), (Shape{0, 3, lone.cell->output_width()}));
  EXPECT_EQ(distance(unrolled.last[0].value(), state[0].value()), 0);
}

TEST_P(CellUnroll, RefusesShapesThatDoNotFit) {
  LoneCell lone(GetParam(), {4, 6, {}}, DType::f32);
  Graph graph;
  State state;
  for (const Tensor& part : lone.initial(3)) state.push_back(graph.constant(part));
  EXPECT_THROW(lone.cell->run(graph.constant(Tensor::zeros({2, 4, 4})), state),
               std::invalid_argument);
  EXPECT_THROW(lone.cell->run(graph.constant(Tensor::zeros({2, 3, 5})), state), PluginError);
  EXPECT_THROW(lone.cell->run(graph.constant(Tensor::zeros({2, 3, 4})), {}), std::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(Cells, CellUnroll, testing::ValuesIn(all_variants()), label_of);

}  // namespace
}  // namespace unroll::test
