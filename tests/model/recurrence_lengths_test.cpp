// Sequences of different lengths: every lane of a batch gives what it gives alone.
#include <unroll/autodiff/gradient_check.hpp>

#include "cells_support.hpp"

namespace unroll::test {
namespace {

using Lengths = std::vector<std::int32_t>;

struct Layout {
  std::string label;
  RecurrenceOptions options;
};

RecurrenceOptions shaped(std::int64_t layers, bool bidirectional) {
  RecurrenceOptions options;
  options.hidden = 6;
  options.layers = layers;
  options.bidirectional = bidirectional;
  return options;
}

std::vector<Layout> layouts() {
  RecurrenceOptions dressed = shaped(3, true);
  dressed.residual = dressed.layer_norm = true;
  return {{"one layer", shaped(1, false)},
          {"two layers", shaped(2, false)},
          {"bidirectional", shaped(1, true)},
          {"two bidirectional layers", shaped(2, true)},
          {"residual and layer norm", dressed}};
}

struct Net {
  ParameterStore store;
  Recurrence recurrence;

  Net(const Variant& variant, const RecurrenceOptions& options, std::int64_t input, DType type)
      : store(9, type),
        recurrence(options, input, {}, Parameters(store),
                   [&](const CellSizes& sizes, const Parameters& parameters) {
                     return registry().make_cell(variant.choice(), sizes, parameters);
                   }) {
    randomise(store);
  }
};

/// Lanes begin … end-1 of the second dimension.
Tensor lanes(const Tensor& x, std::int64_t begin, std::int64_t end) {
  Tensor y = Tensor::empty({x.dim(0), end - begin, x.dim(2)}, x.dtype());
  for (std::int64_t t = 0; t < x.dim(0); ++t) y[t].copy_from(x[t].slice(begin, end));
  return y;
}

/// What comes out of lanes begin … end-1 over their first `steps` steps, forward and back.
struct Results {
  Tensor outputs, dx;
  std::vector<Tensor> last, dstate;
};

Results compute(Net& net, const Tensor& x, std::span<const Tensor> initial, std::int64_t begin,
                std::int64_t end, std::int64_t steps, const Lengths& lengths) {
  Graph graph;
  const Var input = graph.input(lanes(x, begin, end).slice(0, steps));
  RecurrentState state = net.recurrence.zero_state(graph, end - begin);
  std::vector<Var> leaves;
  for (std::size_t i = 0, next = 0; i < state.size(); ++i)
    for (Var& part : state[i])
      leaves.push_back(part = graph.input(initial[next++].slice(begin, end)));
  const Recurrence::Result result = net.recurrence.run(input, state, nullptr, lengths);
  const DType type = x.dtype();
  const Tensor above = random_tensor({x.dim(0), x.dim(1), result.outputs.dim(2)}, "y", type);
  Var loss = sum(result.outputs * graph.constant(lanes(above, begin, end).slice(0, steps)));
  Results results;
  results.outputs = result.outputs.value();
  for (const State& parts : result.last)
    for (const Var& part : parts) {
      const std::string name = "last" + std::to_string(results.last.size());
      const Tensor up = random_tensor({x.dim(1), part.dim(1)}, name, type).slice(begin, end);
      loss = loss + sum(part * graph.constant(up));
      results.last.push_back(part.value());
    }
  graph.backward(loss);
  results.dx = graph.gradient(input);
  for (const Var& leaf : leaves) results.dstate.push_back(graph.gradient(leaf));
  return results;
}

/// A batch of lanes of these lengths against each lane alone.
void check(const Variant& variant, const Layout& layout, const Lengths& lengths, DType type,
           double tolerance) {
  const std::int64_t T = 7, N = std::ssize(lengths), I = 4;
  Net net(variant, layout.options, I, type);
  const Tensor x = random_tensor({T, N, I}, "x", type);
  std::vector<Tensor> initial;
  {
    Graph graph;
    for (const Tensor& zero : Recurrence::values(net.recurrence.zero_state(graph, N)))
      initial.push_back(random_tensor(zero.shape(), std::to_string(initial.size()), type));
  }
  const auto clear = [&] {
    for (Parameter* parameter : net.store.all())
      if (parameter->gradient().defined()) parameter->gradient().fill(0);
  };
  clear();
  const Results batch = compute(net, x, initial, 0, N, T, lengths);
  std::vector<Tensor> dweights;
  for (const Parameter* parameter : net.store.all())
    dweights.push_back(parameter->gradient().clone());
  clear();
  const std::string where = variant.label + ", " + layout.label + ", lane ";
  for (std::int64_t n = 0; n < N; ++n) {
    const std::int64_t length = lengths[static_cast<std::size_t>(n)];
    const Results alone = compute(net, x, initial, n, n + 1, length, {});
    const std::string lane = where + std::to_string(n);
    const Tensor y = lanes(batch.outputs, n, n + 1), dx = lanes(batch.dx, n, n + 1);
    EXPECT_LE(distance(y.slice(0, length), alone.outputs), tolerance) << lane;
    EXPECT_LE(distance(dx.slice(0, length), alone.dx), tolerance) << lane;
    const Tensor none = y.slice(length, T), dnone = dx.slice(length, T);
    EXPECT_EQ(distance(none, Tensor::zeros(none.shape(), type)), 0) << lane;
    EXPECT_EQ(distance(dnone, Tensor::zeros(dnone.shape(), type)), 0) << lane;
    for (std::size_t i = 0; i < alone.last.size(); ++i) {
      EXPECT_LE(distance(batch.last[i].slice(n, n + 1), alone.last[i]), tolerance) << lane;
      EXPECT_LE(distance(batch.dstate[i].slice(n, n + 1), alone.dstate[i]), tolerance) << lane;
      if (length == 0) {
        EXPECT_EQ(distance(batch.last[i].slice(n, n + 1), initial[i].slice(n, n + 1)), 0) << lane;
      }
    }
  }
  for (std::size_t i = 0; i < dweights.size(); ++i) {
    const Parameter& parameter = *net.store.all()[i];
    EXPECT_LE(distance(dweights[i], parameter.gradient()), tolerance) << where << parameter.name();
  }
}

class RecurrenceLengths : public testing::TestWithParam<Variant> {};

TEST_P(RecurrenceLengths, GiveWhatEachLaneGivesAlone) {
  for (const Layout& layout : layouts()) {
    for (const Lengths& lengths : {Lengths{7, 5, 5, 2, 1}, {6, 3, 0, 0}, {4, 4, 4}, {7, 1}}) {
      check(GetParam(), layout, lengths, DType::f64, 1e-12);
      check(GetParam(), layout, lengths, DType::f32, 2e-6);
    }
  }
}

TEST_P(RecurrenceLengths, LeaveGradientsThatAgreeWithFiniteDifferences) {
  Net net(GetParam(), shaped(2, true), 3, DType::f64);
  std::vector<Tensor> inputs{random_tensor({4, 4, 3}, "x")};
  const GradientCheck check = check_gradients(
      [&](Graph& graph, std::span<const Var> leaves) {
        const auto result = net.recurrence.run(leaves[0], net.recurrence.zero_state(graph, 4),
                                               nullptr, Lengths{3, 3, 1, 0});
        Var loss = sum(tanh(result.outputs) * result.outputs);
        for (const State& parts : result.last)
          for (const Var& part : parts) loss = loss + sum(tanh(part));
        return loss;
      },
      inputs, net.store.all());
  EXPECT_TRUE(check.passed()) << check.worst << " at " << check.where;
}

TEST_P(RecurrenceLengths, OfFullLengthChangeNoBit) {
  Net net(GetParam(), shaped(2, true), 4, DType::f32);
  const Tensor x = random_tensor({5, 3, 4}, "x", DType::f32);
  Graph graph(Graph::Mode::infer);
  const auto outputs = [&](const Lengths& lengths) {
    return net.recurrence
        .run(graph.constant(x), net.recurrence.zero_state(graph, 3), nullptr, lengths)
        .outputs.value();
  };
  EXPECT_EQ(distance(outputs({5, 5, 5}), outputs({})), 0);
}

INSTANTIATE_TEST_SUITE_P(Cells, RecurrenceLengths, testing::ValuesIn(variants()), label_of);

TEST(RecurrenceLengths, OfNothingAtAllGiveBackTheState) {
  Net net(variants()[2], shaped(2, true), 4, DType::f32);
  Graph graph;
  RecurrentState state = net.recurrence.zero_state(graph, 2);
  for (State& parts : state)
    for (Var& part : parts) part = graph.input(random_tensor({2, 6}, "h", DType::f32));
  const Var x = graph.input(random_tensor({3, 2, 4}, "x", DType::f32));
  const auto result = net.recurrence.run(x, state, nullptr, Lengths{0, 0});
  EXPECT_EQ(distance(result.outputs.value(), Tensor::zeros({3, 2, 12})), 0);
  for (std::size_t i = 0; i < state.size(); ++i)
    EXPECT_EQ(distance(result.last[i][0].value(), state[i][0].value()), 0);
}

TEST(RecurrenceLengths, KeepOneHotInputAListOfIds) {
  Net net(variants()[2], shaped(1, true), 5, DType::f32);
  const std::vector<std::int32_t> numbers{0, 4, 2, 1, 3, 3, 2, 0};
  const Tensor ids = Tensor::of<std::int32_t>({4, 2}, numbers);
  std::vector<Tensor> outputs, gradients;
  for (const bool hot : {true, false}) {
    net.store.zero_gradients();
    Graph graph;
    Var x = graph.one_hot(ids, 5);
    if (!hot) x = graph.constant(x.value());
    const auto result =
        net.recurrence.run(x, net.recurrence.zero_state(graph, 2), nullptr, Lengths{4, 2});
    outputs.push_back(result.outputs.value());
    graph.backward(sum(result.outputs));
    gradients.push_back(net.store.find("layer0/backward/W")->gradient().clone());
  }
  EXPECT_LE(distance(outputs[0], outputs[1]), 1e-6);
  EXPECT_LE(distance(gradients[0], gradients[1]), 1e-6);
}

TEST(RecurrenceLengths, DropTheSameOfALaneWhateverTheOthers) {
  RecurrenceOptions options = shaped(2, false);
  options.dropout = 0.5;
  options.variational = true;
  Net net(variants()[2], options, 4, DType::f32);
  const Tensor x = random_tensor({5, 3, 4}, "x", DType::f32);
  Graph graph(Graph::Mode::infer);
  const auto outputs = [&](const Lengths& lengths) {
    RandomStream random(1, "dropout");
    return net.recurrence
        .run(graph.constant(x), net.recurrence.zero_state(graph, 3), &random, lengths)
        .outputs.value();
  };
  const Tensor some = outputs({5, 4, 2}), all = outputs({5, 5, 5});
  EXPECT_LE(distance(some.slice(0, 2), all.slice(0, 2)), 1e-6);
  EXPECT_LE(distance(lanes(some, 0, 1), lanes(all, 0, 1)), 1e-6);
}

TEST(RecurrenceLengths, ThatDoNotFitAreRefused) {
  Net net(variants()[0], shaped(1, false), 4, DType::f32);
  Graph graph;
  const Var x = graph.constant(Tensor::zeros({5, 3, 4}));
  const auto refusal = [&](const Lengths& lengths) {
    try {
      net.recurrence.run(x, net.recurrence.zero_state(graph, 3), nullptr, lengths);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_EQ(refusal({5, 4}), "recurrence: 2 lengths given for the 3 lanes of [5, 3, 4]");
  EXPECT_EQ(refusal({3, 5, 4}),
            "packing: lane 1 of length 5 follows one of length 3; sort the lanes of a batch by "
            "falling length");
  EXPECT_EQ(refusal({6, 5, 4}), "packing: lane 0 has length 6, expected 0 … 5");
}

}  // namespace
}  // namespace unroll::test
