// Depth, direction, dropout and carried state around a cell.
#include "cells_support.hpp"

namespace unroll::test {
namespace {

struct Stack {
  ParameterStore store;
  Recurrence recurrence;

  Stack(const RecurrenceOptions& options, std::int64_t input, const char* cell = "lstm",
        DType type = DType::f32)
      : store(9, type),
        recurrence(options, input, {}, Parameters(store).scope("recurrence"),
                   [&](const CellSizes& sizes, const Parameters& parameters) {
                     return registry().make_cell({cell, {}, {}}, sizes, parameters);
                   }) {
    randomise(store);
  }
};

RecurrenceOptions sized(std::int64_t hidden, std::int64_t layers, bool bidirectional = false) {
  RecurrenceOptions options;
  options.hidden = hidden;
  options.layers = layers;
  options.bidirectional = bidirectional;
  return options;
}

TEST(Recurrence, NamesItsParametersByLayerAndDirection) {
  RecurrenceOptions options = sized(6, 2, true);
  options.layer_norm = true;
  const Stack stack(options, 4);
  for (const char* name : {"recurrence/layer0/forward/W", "recurrence/layer0/backward/U",
                           "recurrence/layer1/forward/b", "recurrence/layer1/norm/gain"})
    EXPECT_NE(stack.store.find(name), nullptr) << name;
  EXPECT_EQ(stack.store.find("recurrence/layer1/forward/W")->value().shape(), (Shape{12, 24}));
  EXPECT_EQ(stack.recurrence.output_width(), 12);
}

TEST(Recurrence, CarriedStateEqualsOneLongRun) {
  for (const char* cell : {"rnn", "lstm", "gru"}) {
    Stack stack(sized(18, 2), 4, cell);
    const Tensor x = random_tensor({9, 5, 4}, "x", DType::f32);
    Graph graph(Graph::Mode::infer);
    const auto whole =
        stack.recurrence.run(graph.constant(x), stack.recurrence.zero_state(graph, 5), nullptr);
    std::vector<Tensor> carry = Recurrence::values(stack.recurrence.zero_state(graph, 5));
    for (const auto& [begin, end] : {std::pair{0, 4}, std::pair{4, 5}, std::pair{5, 9}}) {
      Graph window;
      const auto part = stack.recurrence.run(window.constant(x.slice(begin, end)),
                                             stack.recurrence.from_values(window, carry), nullptr);
      EXPECT_LE(distance(part.outputs.value(), whole.outputs.value().slice(begin, end)), 1e-6);
      carry = Recurrence::values(part.last);
    }
    const std::vector<Tensor> last = Recurrence::values(whole.last);
    for (std::size_t i = 0; i < last.size(); ++i) EXPECT_LE(distance(carry[i], last[i]), 1e-6);
  }
}

TEST(Recurrence, OneHotInputEqualsTheDenseProductBothWays) {
  Stack stack(sized(7, 1, true), 5);
  const std::vector<std::int32_t> numbers{0, 4, 2, 1, 3, 3, 2, 0};
  const Tensor ids = Tensor::of<std::int32_t>({4, 2}, numbers);
  Tensor dense = Tensor::zeros({4, 2, 5});
  for (std::size_t i = 0; i < numbers.size(); ++i)
    dense.data<float>()[static_cast<std::int64_t>(i) * 5 + numbers[i]] = 1;
  std::vector<Tensor> outputs, gradients;
  for (const bool hot : {true, false}) {
    stack.store.zero_gradients();
    Graph graph;
    const Var x = hot ? graph.one_hot(ids, 5) : graph.constant(dense);
    const auto result = stack.recurrence.run(x, stack.recurrence.zero_state(graph, 2), nullptr);
    outputs.push_back(result.outputs.value().clone());
    graph.backward(sum(result.outputs));
    gradients.push_back(stack.store.find("recurrence/layer0/backward/W")->gradient().clone());
  }
  EXPECT_LE(distance(outputs[0], outputs[1]), 1e-6);
  EXPECT_LE(distance(gradients[0], gradients[1]), 1e-6);
}

TEST(Recurrence, DropsBetweenLayersOnlyWhileTraining) {
  const Tensor x = random_tensor({6, 4, 3}, "x", DType::f32);
  const auto outputs = [&](std::int64_t layers, bool variational, bool train) {
    RecurrenceOptions options = sized(8, layers);
    options.dropout = 0.5;
    options.variational = variational;
    Stack stack(options, 3);
    Graph graph;
    RandomStream random(1, "dropout");
    return stack.recurrence
        .run(graph.constant(x), stack.recurrence.zero_state(graph, 4), train ? &random : nullptr)
        .outputs.value()
        .clone();
  };
  EXPECT_EQ(distance(outputs(1, false, true), outputs(1, false, false)), 0) << "no layer above";
  EXPECT_GT(distance(outputs(2, false, true), outputs(2, false, false)), 0.01);
  EXPECT_GT(distance(outputs(2, true, true), outputs(2, false, true)), 0.01);
  EXPECT_EQ(distance(outputs(2, true, true), outputs(2, true, true)), 0) << "same seed, same mask";
}

TEST(Recurrence, ResidualAddsTheInputWhereWidthsAgree) {
  RecurrenceOptions options = sized(5, 1);
  Stack plain(options, 5);
  options.residual = true;
  Stack residual(options, 5);
  const Tensor x = random_tensor({3, 2, 5}, "x", DType::f32);
  Graph graph;
  const auto run = [&](Stack& stack) {
    return stack.recurrence.run(graph.constant(x), stack.recurrence.zero_state(graph, 2), nullptr)
        .outputs;
  };
  EXPECT_LE(distance((run(plain) + graph.constant(x)).value(), run(residual).value()), 1e-7);
}

TEST(Recurrence, RefusesStatesThatDoNotFit) {
  Stack stack(sized(6, 2), 4);
  Graph graph;
  const Var x = graph.constant(Tensor::zeros({3, 2, 4}));
  EXPECT_THROW(stack.recurrence.run(x, {}, nullptr), std::invalid_argument);
  EXPECT_THROW(stack.recurrence.run(x, stack.recurrence.zero_state(graph, 3), nullptr),
               std::invalid_argument);
  EXPECT_THROW(
      stack.recurrence.run(reshape(x, {6, 4}), stack.recurrence.zero_state(graph, 2), nullptr),
      std::invalid_argument);
  std::vector<Tensor> values = Recurrence::values(stack.recurrence.zero_state(graph, 2));
  values.push_back(values.back());
  EXPECT_THROW(stack.recurrence.from_values(graph, values), std::invalid_argument);
  values.resize(2);
  EXPECT_THROW(stack.recurrence.from_values(graph, values), std::invalid_argument);
  values = {Tensor::zeros({2, 5})};
  EXPECT_THROW(stack.recurrence.from_values(graph, values), std::invalid_argument);
}

}  // namespace
}  // namespace unroll::test
