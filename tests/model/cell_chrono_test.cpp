// Cells with chrono initialisation keep their state from the first step on.
#include <cmath>

#include "cells_support.hpp"

namespace unroll::test {
namespace {

constexpr std::int64_t N = 1, I = 3, H = 200;

/// The gates of a cell as it begins, without input and state.
std::vector<Gate> first_gates(Graph& graph, Cell& cell, DType type) {
  State state;
  for (const StatePart& part : cell.parts())
    state.push_back(graph.constant(Tensor::zeros({N, part.width}, type)));
  return cell.run_gates(cell.run_project(graph.constant(Tensor::zeros({N, I}, type))), state);
}

class CellChrono : public testing::TestWithParam<DType> {};

TEST_P(CellChrono, LstmLetsInWhatItForgets) {
  ParameterStore store(3, GetParam());
  const auto cell = registry().make_cell(Variant{"", "lstm", "chrono", "50"}.choice(), {I, H, {}},
                                         Parameters(store));
  Graph graph(Graph::Mode::infer);
  const std::vector<Gate> gates = first_gates(graph, *cell, GetParam());
  const Tensor i = gates[0].values.value().to(DType::f64);
  const Tensor f = gates[1].values.value().to(DType::f64);
  double longest = 0;
  for (std::int64_t unit = 0; unit < H; ++unit) {
    EXPECT_NEAR(i.data<double>()[unit], 1 - f.data<double>()[unit], 1e-6);
    longest = std::max(longest, 1 / (1 - f.data<double>()[unit]));
  }
  EXPECT_LE(longest, 50.001) << "steps that a unit remembers";
  EXPECT_GT(longest, 47);
}

TEST_P(CellChrono, GruUpdatesAsSeldom) {
  for (const char* reset : {"after", "before"}) {
    ParameterStore store(3, GetParam());
    const PluginChoice choice{
        "gru",
        Node::map({{"chrono", {}, Node::scalar("50")}, {"reset", {}, Node::scalar(reset)}}),
        {}};
    const auto cell = registry().make_cell(choice, {I, H, {}}, Parameters(store));
    Graph graph(Graph::Mode::infer);
    const Tensor z = first_gates(graph, *cell, GetParam())[0].values.value().to(DType::f64);
    double longest = 0, shortest = 50;
    for (const double keep : z.span<double>()) {
      longest = std::max(longest, 1 / (1 - keep));
      shortest = std::min(shortest, 1 / (1 - keep));
    }
    EXPECT_LE(longest, 50.001) << reset;
    EXPECT_GT(longest, 47) << reset;
    EXPECT_LT(shortest, 4) << reset;
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, CellChrono, testing::Values(DType::f32, DType::f64),
                         [](const auto& type) { return type.param == DType::f32 ? "f32" : "f64"; });

}  // namespace
}  // namespace unroll::test
