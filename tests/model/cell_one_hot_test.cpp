// Fused cells gather the rows of one-hot input within the recurrence. That must be what the dense
// input gives, forward and backward, with every instruction set and however many threads.
#include <unroll/tensor/engine.hpp>

#include "cells_support.hpp"

namespace unroll::test {
namespace {

constexpr std::int64_t kSteps = 9, kBatch = 23, kClasses = 11, kHidden = 21;

/// Ids below 0 and beyond the classes are rows of zeros.
Tensor some_ids() {
  Tensor ids = Tensor::empty({kSteps, kBatch}, DType::i32);
  std::int32_t next = 0;
  for (std::int32_t& id : ids.span<std::int32_t>()) id = (next = next * 5 % 13 + 3) % 13 - 1;
  return ids;
}

Tensor dense_of(const Tensor& ids) {
  Tensor dense = Tensor::zeros({kSteps, kBatch, kClasses});
  for (std::int64_t row = 0; row < ids.size(); ++row) {
    const std::int32_t id = ids.data<std::int32_t>()[row];
    if (id >= 0 && id < kClasses) dense.data<float>()[row * kClasses + id] = 1;
  }
  return dense;
}

/// Outputs, last states and the gradients of all parameters and initial states.
std::vector<Tensor> pass(const Variant& variant, bool one_hot) {
  LoneCell lone(variant, {kClasses, kHidden, {}}, DType::f32);
  for (Parameter* parameter : lone.store.all()) parameter->gradient().fill(0);
  Graph graph;
  State state;
  for (const Tensor& part : lone.initial(kBatch)) state.push_back(graph.input(part));
  const Tensor ids = some_ids();
  const Var x = one_hot ? graph.one_hot(ids, kClasses) : graph.constant(dense_of(ids));
  const Unrolled unrolled = lone.cell->run(x, state);
  const auto weighted = [&](Var y, const char* name) {
    return sum(y * graph.constant(random_tensor(y.shape(), name, DType::f32)));
  };
  Var loss = weighted(unrolled.outputs, "outputs");
  std::vector<Tensor> found{unrolled.outputs.value().clone()};
  for (const Var& last : unrolled.last) {
    loss = loss + weighted(last, "last");
    found.push_back(last.value().clone());
  }
  graph.backward(loss);
  for (const Parameter* parameter : lone.store.all()) found.push_back(parameter->gradient());
  for (const Var& part : state) found.push_back(graph.gradient(part));
  return found;
}

void expect_alike(const std::vector<Tensor>& a, const std::vector<Tensor>& b,
                  const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_LE(distance(a[i], b[i]), 3e-6) << what << ", tensor " << i;
}

class CellOneHot : public testing::TestWithParam<Variant> {
 protected:
  void SetUp() override { Engine::get().set_threads(2); }
  void TearDown() override {
    Engine::get().set_threads(before_);
    Engine::get().use_vector_target({});
  }
  int before_ = Engine::get().threads();
};

TEST_P(CellOneHot, IsDenseInputWithEveryInstructionSet) {
  for (const std::string& target : Engine::get().vector_targets()) {
    Engine::get().use_vector_target(target);
    expect_alike(pass(GetParam(), true), pass(GetParam(), false), target);
  }
}

TEST_P(CellOneHot, AgreesBetweenThreadCounts) {
  const std::vector<Tensor> two = pass(GetParam(), true);
  for (const int threads : {1, 3}) {
    Engine::get().set_threads(threads);
    expect_alike(pass(GetParam(), true), two, std::to_string(threads) + " threads");
  }
}

TEST_P(CellOneHot, GivesTheSameBitsAgain) {
  const std::vector<Tensor> first = pass(GetParam(), true), again = pass(GetParam(), true);
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(distance(first[i], again[i]), 0) << i;
}

TEST_P(CellOneHot, IsTheSameWithoutATapeThatRecords) {
  LoneCell lone(GetParam(), {kClasses, kHidden, {}}, DType::f32);
  const auto outputs = [&](Graph::Mode mode) {
    Graph graph(mode);
    State state;
    for (const Tensor& part : lone.initial(kBatch)) state.push_back(graph.constant(part));
    return lone.cell->run(graph.one_hot(some_ids(), kClasses), state).outputs.value().clone();
  };
  EXPECT_EQ(distance(outputs(Graph::Mode::infer), outputs(Graph::Mode::record)), 0);
}

/// What a cell projected is for anybody to look at unless it owns it.
TEST_P(CellOneHot, ProjectsWhenAskedToProject) {
  LoneCell lone(GetParam(), {kClasses, kHidden, {}}, DType::f32);
  Graph graph;
  const Tensor ids = some_ids();
  const Var one_hot = lone.cell->run_project(graph.one_hot(ids, kClasses));
  const Var dense = lone.cell->run_project(graph.constant(dense_of(ids)));
  EXPECT_FALSE(graph.ids_of(one_hot).defined());
  EXPECT_LE(distance(one_hot.value(), dense.value()), 1e-6);
}

std::vector<Variant> one_hot_variants() {
  std::vector<Variant> found = variants();
  found.push_back({"irnn", "irnn", "", ""});
  found.push_back({"mgu", "mgu", "", ""});
  return found;
}

INSTANTIATE_TEST_SUITE_P(Cells, CellOneHot, testing::ValuesIn(one_hot_variants()), label_of);

}  // namespace
}  // namespace unroll::test
