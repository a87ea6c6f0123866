// Whole sequences on other machines: threads, instruction sets; and shapes that do not fit. That a
// fused unroll is the loop of step, and all else that a cell promises, is checked by
// `runexp check-plugin`, whose kit these tests use.
#include <unroll/tensor/engine.hpp>

#include "../../tools/conformance/lone_cell.hpp"
#include "cells_support.hpp"

namespace unroll::test {
namespace {

using conformance::CellShape;
using conformance::How;
using conformance::Passed;

Passed compute(const Variant& variant, const CellShape& shape) {
  conformance::LoneCell lone(registry(), variant.choice(), shape, DType::f32, 3);
  return conformance::pass(lone, shape, How::run, 7);
}

void expect_alike(const Passed& a, const Passed& b, double tolerance, const std::string& what) {
  ASSERT_EQ(a.names, b.names);
  for (std::size_t i = 0; i < a.tensors.size(); ++i)
    EXPECT_LE(distance(a.tensors[i], b.tensors[i]), tolerance) << what << ": " << a.names[i];
}

class CellUnroll : public testing::TestWithParam<Variant> {};

TEST_P(CellUnroll, AgreesBetweenThreadCounts) {
  const int before = Engine::get().threads();
  Engine::get().set_threads(1);
  const Passed one = compute(GetParam(), {9, 22, 5, 40});
  Engine::get().set_threads(2);
  const Passed two = compute(GetParam(), {9, 22, 5, 40});
  Engine::get().set_threads(before);
  expect_alike(one, two, 1e-6, "1 and 2 threads");
}

TEST_P(CellUnroll, AgreesBetweenInstructionSets) {
  const Passed best = compute(GetParam(), {4, 7, 5, 21});
  for (const std::string& target : Engine::get().vector_targets()) {
    Engine::get().use_vector_target(target);
    expect_alike(compute(GetParam(), {4, 7, 5, 21}), best, 1e-5, target);
  }
  Engine::get().use_vector_target({});
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
