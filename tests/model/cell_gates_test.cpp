// What cells show of their gates is what their steps and fused kernels compute with.
#include <gmock/gmock.h>

#include <cmath>

#include <unroll/core/error.hpp>
#include <unroll/model/recurrence_probe.hpp>

#include "cells_support.hpp"

namespace unroll::test {
namespace {

constexpr std::int64_t T = 6, N = 3, I = 4, H = 5;

State state_of(Graph& graph, const LoneCell& lone) {
  State state;
  for (const Tensor& part : lone.initial(N)) state.push_back(graph.constant(part));
  return state;
}

class CellGates : public testing::TestWithParam<Variant> {};

/// h' put together from the gates, by each cell's equations.
TEST_P(CellGates, MakeTheStepThatTheFusedKernelMakes) {
  const Variant& variant = GetParam();
  LoneCell lone(variant, {I, H, {}}, DType::f32);
  Graph graph(Graph::Mode::infer);
  const State state = state_of(graph, lone);
  const Var projected =
      lone.cell->run_project(graph.constant(random_tensor({N, I}, "x", DType::f32)));
  const std::vector<Gate> gates = lone.cell->run_gates(projected, state);
  const auto gate = [&](const std::string& name) {
    const auto found = std::ranges::find(gates, name, &Gate::name);
    EXPECT_NE(found, gates.end()) << name;
    return found->values;
  };
  const auto parameter = [&](const char* name) {
    return graph.use(*const_cast<Parameter*>(lone.store.find(name)));
  };
  State expected;
  if (variant.cell == "mgu") {
    expected = {blend(gate("f"), gate("h~"), state[0])};
  } else if (variant.cell == "mingru") {
    expected = {blend(gate("z"), gate("h~"), state[0])};
  } else if (variant.cell == "sru") {
    const std::vector<Var> a = split(projected, 4);
    const Var c = blend(gate("f"), state[1], a[0]);
    expected = {blend(gate("r"), c, a[3]), c};
  } else if (variant.cell == "lstm_layernorm") {
    const Var c = gate("f") * state[1] + gate("i") * gate("g");
    expected = {gate("o") * tanh(layer_norm(c, parameter("sc"), parameter("tc"))), c};
  } else if (variant.cell == "clockwork") {
    expected = {gate("h"), lone.cell->run_step(projected, state)[1]};  // and the clock
  } else if (variant.cell == "lstm") {
    const Var c = gate("f") * state[1] + gate("i") * gate("g");
    Var h = gate("o") * tanh(c);
    if (const Parameter* R = lone.store.find("R")) h = matmul(h, *const_cast<Parameter*>(R));
    expected = {h, c};
  } else if (variant.cell == "gru") {
    expected = {blend(gate("z"), state[0], gate("n"))};
    EXPECT_EQ(gates[1].name, "r");
  } else {
    expected = {gate("h")};
  }
  const State made = lone.cell->run_step(projected, state);
  ASSERT_EQ(made.size(), expected.size());
  for (std::size_t i = 0; i < made.size(); ++i)
    EXPECT_LE(distance(expected[i].value(), made[i].value()), 1e-6) << i;
  EXPECT_FALSE(gates.empty());
  for (const Gate& each : gates)
    for (const float value : each.values.value().span<float>()) {
      EXPECT_GE(value, each.low) << each.name;
      EXPECT_LE(value, each.high) << each.name;
    }
}

class Listener final : public RecurrenceProbe {
 public:
  void enter(const std::string& layer) override { layers.push_back(layer); }
  void step(Cell&, Var projected, const State& before, const State& after) override {
    lanes.push_back(projected.dim(0));
    befores.push_back(before.front().value());
    afters.push_back(after.front().value());
  }
  std::vector<std::string> layers;
  std::vector<std::int64_t> lanes;
  std::vector<Tensor> befores, afters;
};

TEST_P(CellGates, AProbeSeesEveryStepAndChangesNothingButRounding) {
  ParameterStore store(3);
  RecurrenceOptions options;
  options.hidden = H;
  options.layers = 2;
  Recurrence recurrence(options, I, {}, Parameters(store).scope("recurrence"),
                        [&](const CellSizes& sizes, const Parameters& place) {
                          return registry().make_cell(GetParam().choice(), sizes, place);
                        });
  randomise(store);
  const Tensor x = random_tensor({T, N, I}, "x", DType::f32);
  const std::vector<std::int32_t> lengths = {T, 4, 4};
  for (const bool packed : {false, true}) {
    const auto run = [&](Graph& graph) {
      return recurrence
          .run(graph.constant(x), recurrence.zero_state(graph, N), nullptr,
               packed ? std::span<const std::int32_t>(lengths) : std::span<const std::int32_t>())
          .outputs.value();
    };
    Graph plain, watched;
    Listener listener;
    watched.show_to(&listener);
    EXPECT_LE(distance(run(watched), run(plain)), 2e-6);
    EXPECT_THAT(listener.layers,
                testing::ElementsAre("recurrence/layer0/forward", "recurrence/layer1/forward"));
    ASSERT_EQ(listener.lanes.size(), 2U * T);
    EXPECT_EQ(listener.lanes[3], 3);
    EXPECT_EQ(listener.lanes[5], packed ? 1 : 3);
    EXPECT_EQ(distance(listener.befores[1], listener.afters[0]), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Cells, CellGates, testing::ValuesIn(all_variants()), label_of);

/// Shows what it is told to.
class Showing final : public Cell {
 public:
  explicit Showing(std::string name, Shape shape) : name_(std::move(name)), shape_(shape) {}
  std::vector<StatePart> state() const override { return {{"h", H}}; }

 protected:
  Var project(Var x) override { return x; }
  State step(Var, const State& state) override { return state; }
  std::vector<Gate> gates(Var projected, const State&) override {
    return {{name_, projected.graph()->constant(Tensor::zeros(shape_))}};
  }

 private:
  std::string name_;
  Shape shape_;
};

TEST(CellGatesContract, NamesAndShapes) {
  const auto refusal = [](const std::string& name, const Shape& shape) -> std::string {
    Showing cell(name, shape);
    Graph graph(Graph::Mode::infer);
    const Var x = graph.constant(Tensor::zeros({N, I}));
    try {
      cell.run_gates(x, {graph.constant(Tensor::zeros({N, H}))});
    } catch (const BrokenContract& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal("f", {N, 2}), "");
  EXPECT_THAT(refusal("a/b", {N, 2}), testing::HasSubstr("'a/b' cannot be the name of a gate"));
  EXPECT_THAT(refusal("", {N, 2}), testing::HasSubstr("'' cannot be the name"));
  EXPECT_THAT(refusal("f", {N + 1, 2}),
              testing::HasSubstr("gate 'f' is [4, 2], expected [3, any width]"));
}

}  // namespace
}  // namespace unroll::test
