// The tape itself: leaves, parameters, errors, and memory in the steady state.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

#include <unroll/autodiff/ops.hpp>
#include <unroll/core/random.hpp>
#include <unroll/model/initializers.hpp>
#include <unroll/model/parameters.hpp>
#include <unroll/tensor/engine.hpp>

namespace unroll {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Tensor row(std::vector<float> values) {
  return Tensor::of<float>({static_cast<std::int64_t>(values.size())}, values);
}

class GraphTest : public testing::Test {
 protected:
  ParameterStore store_{1};
  Parameter& w_ = store_.make("w", {3, 4}, init::uniform(-1, 1), {});
  Parameter& b_ = store_.make("b", {4}, init::constant(0.5), {});
  Graph graph_;
};

TEST_F(GraphTest, ParametersAccumulateOverUsesAndSteps) {
  store_.pack();
  store_.zero_gradients();
  for (int step = 0; step < 2; ++step) {
    const Var x = graph_.constant(Tensor::full({2, 3}, 1.0));
    graph_.backward(sum(affine(x, w_, b_)) + sum(affine(x, w_, b_)));
    graph_.clear();
  }
  EXPECT_THAT(b_.gradient().span<float>(), Each(8.0f));  // 2 rows, 2 uses, 2 steps
  EXPECT_THAT(w_.gradient().span<float>(), Each(8.0f));
}

TEST_F(GraphTest, OneLeafForEachParameter) {
  const Var first = graph_.use(w_), second = graph_.use(w_);
  EXPECT_EQ(first.value().raw(), second.value().raw());
  EXPECT_EQ(&first.value(), &second.value());
  EXPECT_EQ(&Var(w_).value(), &w_.value());
  EXPECT_EQ(Var(w_).graph(), nullptr);
}

TEST_F(GraphTest, GradientsOfInputsAreKeptAndOthersOnRequest) {
  const Var x = graph_.input(row({1, 2, 3}));
  const Var y = 2.0 * x;
  const Var unused = graph_.input(row({5}));
  graph_.watch(y);
  graph_.backward(sum(y * y), 0.5);
  EXPECT_THAT(graph_.gradient(x).span<float>(), ElementsAre(4, 8, 12));
  EXPECT_THAT(graph_.gradient(y).span<float>(), ElementsAre(2, 4, 6));
  EXPECT_THAT(graph_.gradient(unused).span<float>(), ElementsAre(0));
}

TEST_F(GraphTest, ASharedGradientIsNotChangedByTheOther) {
  // Both operands of + are handed the same gradient; a then gets more.
  const Var a = graph_.input(row({1, 1})), b = graph_.input(row({1, 1}));
  const Var s = a + b;
  graph_.backward(sum(3.0 * a) + sum(s));
  EXPECT_THAT(graph_.gradient(a).span<float>(), ElementsAre(4, 4));
  EXPECT_THAT(graph_.gradient(b).span<float>(), ElementsAre(1, 1));
}

TEST_F(GraphTest, DetachAndConstantsStopTheGradient) {
  const Var x = graph_.input(row({3}));
  graph_.backward(sum(x * detach(x)) + sum(graph_.constant(row({7})) * x));
  EXPECT_THAT(graph_.gradient(x).span<float>(), ElementsAre(10));
}

TEST_F(GraphTest, EmitWritesTheGradientOfManyOutputs) {
  const Var x = graph_.input(row({2, 5}));
  const std::vector<Tensor> values{row({2, 5}), row({20, 50})};
  const Var inputs[] = {x};
  const std::vector<Var> y = graph_.emit_many(values, inputs, [](Backward& back) {
    EXPECT_FALSE(back.output_gradient(0).defined());
    EXPECT_TRUE(back.wants(0));
    Tensor& dx = back.input_gradient(0);
    for (std::size_t i = 0; i < 2; ++i) {
      dx.span<float>()[i] += 10 * back.output_gradient(1).span<float>()[i];
    }
  });
  graph_.backward(sum(y[1]));
  EXPECT_THAT(graph_.gradient(x).span<float>(), ElementsAre(10, 10));
}

TEST_F(GraphTest, OneHotIsNeverStoredForProducts) {
  const std::vector<std::int32_t> ids{2, 0, 9};
  const Var x = graph_.one_hot(Tensor::of<std::int32_t>({3}, ids), 3);
  EXPECT_EQ(x.shape(), (Shape{3, 3}));
  const std::int64_t before = Engine::get().pool().statistics().in_use;
  const Var y = matmul(x, w_);
  EXPECT_LE(Engine::get().pool().statistics().in_use - before, 256);  // y alone
  const std::span<float> w = w_.value().span<float>();
  EXPECT_THAT(y.value()[0].span<float>(), testing::ElementsAreArray(w.subspan(8, 4)));
  EXPECT_THAT(y.value()[2].span<float>(), Each(0.0f));
  EXPECT_EQ(graph_.ids_of(x).size(), 3);
  EXPECT_FALSE(graph_.ids_of(y).defined());
  EXPECT_THAT(x.value().span<float>(), ElementsAre(0, 0, 1, 1, 0, 0, 0, 0, 0));
}

TEST_F(GraphTest, CrossEntropyCountsAndIsSafe) {
  const std::vector<float> logits{1e4f, 0, 0, 0, 1, 2, 7, 7, 8};
  const std::vector<std::int32_t> targets{0, 1, -1};
  const CrossEntropy loss = cross_entropy(graph_.input(Tensor::of<float>({3, 3}, logits)),
                                          Tensor::of<std::int32_t>({3}, targets));
  EXPECT_EQ(loss.counted, 2);
  EXPECT_EQ(loss.correct, 1);
  EXPECT_NEAR(*loss.total.value().data<float>(), 1.40760596, 1e-5);
}

TEST_F(GraphTest, SaysWhatIsWrong) {
  const Var x = graph_.constant(Tensor::zeros({3, 4}));
  EXPECT_THAT([&] { matmul(x, w_); },
              ThrowsMessage<std::invalid_argument>("matmul: shapes [3, 4] and [3, 4] do not fit"));
  EXPECT_THAT([&] { x + graph_.constant(Tensor::zeros({3})); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("[3, 4] and [3]")));
  EXPECT_THAT(
      [&] {
        x + graph_.constant(Tensor::zeros({3, 4}, DType::f64));
      },
      ThrowsMessage<std::invalid_argument>(HasSubstr("float32 and float64")));
  EXPECT_THAT([&] { cross_entropy(x, Tensor::full({3}, 4, DType::i32)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("target 4")));
  EXPECT_THAT([&] { cross_entropy(x, Tensor::zeros({4}, DType::i32)); },
              ThrowsMessage<std::invalid_argument>(HasSubstr("[3, 4] and [4]")));
  EXPECT_THROW(at(x, 3), std::invalid_argument);
  EXPECT_THROW(columns(x, 2, 5), std::invalid_argument);
  EXPECT_THROW(split(x, 3), std::invalid_argument);
  EXPECT_THROW(concatenate({}), std::invalid_argument);
  EXPECT_THROW(stack({}), std::invalid_argument);
  RandomStream random(1, "x");
  EXPECT_THROW(dropout(x, 1.0, random), std::invalid_argument);
  EXPECT_THROW(tanh(Var{}), std::logic_error);
  EXPECT_THROW(Var{}.value(), std::logic_error);
  EXPECT_THROW(matmul(w_, w_), std::logic_error);  // on no graph
  Graph other;
  EXPECT_THROW(x + other.constant(Tensor::zeros({3, 4})), std::logic_error);
  EXPECT_THROW(graph_.backward(x), std::invalid_argument);
  const Var loss = sum(graph_.input(row({1})));
  graph_.backward(loss);
  EXPECT_THROW(graph_.backward(loss), std::logic_error);
}

TEST_F(GraphTest, InferModeKeepsNoClosures) {
  Graph infer(Graph::Mode::infer);
  const Tensor value = row({1, 2});
  const Var y = tanh(infer.input(value));
  EXPECT_TRUE(y.value().unique());  // a closure would hold a second reference
  EXPECT_THROW(infer.backward(sum(y)), std::logic_error);
}

// One training step of a small recurrent net, in every kind of operation it needs.
void train_step(Graph& graph, ParameterStore& store, Parameter& w, Parameter& u, Parameter& b) {
  graph.clear();
  const std::vector<std::int32_t> ids{0, 1, 2, 3, 4, 5, 6, 7};
  const Tensor tokens = Tensor::of<std::int32_t>({4, 2}, ids);
  const Var a = affine(graph.one_hot(tokens, 8), w, b);
  Var h = graph.constant(Tensor::zeros({2, 8}));
  std::vector<Var> outputs;
  RandomStream random(1, "dropout");
  for (std::int64_t t = 0; t < 4; ++t) {
    outputs.push_back(h = tanh(at(a, t) + matmul(dropout(h, 0.2, random), u)));
  }
  const CrossEntropy loss = cross_entropy(stack(outputs), tokens);
  store.zero_gradients();
  graph.backward(1.0 / 8 * loss.total);
}

TEST(Memory, TheSystemIsNotAskedInTheSteadyState) {
  ParameterStore store(1);
  Parameter& w = store.make("w", {8, 8}, init::uniform(-1, 1), {});
  Parameter& u = store.make("u", {8, 8}, init::uniform(-1, 1), {});
  Parameter& b = store.make("b", {8}, init::zeros(), {});
  store.pack();
  Graph graph;
  for (int i = 0; i < 3; ++i) train_step(graph, store, w, u, b);
  const PoolStatistics before = Engine::get().pool().statistics();
  const std::vector<float> gradients(store.gradients().begin(), store.gradients().end());
  for (int i = 0; i < 50; ++i) train_step(graph, store, w, u, b);
  const PoolStatistics after = Engine::get().pool().statistics();
  EXPECT_EQ(after.system_calls, before.system_calls);
  EXPECT_EQ(after.in_use, before.in_use);
  EXPECT_TRUE(std::equal(gradients.begin(), gradients.end(), store.gradients().begin()))
      << "the same step must give the same bits";
  graph.clear();
}

}  // namespace
}  // namespace unroll
