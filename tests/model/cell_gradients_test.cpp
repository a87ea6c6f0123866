// Stacks of every cell, in both directions, against central finite differences in double. Cells
// alone are checked by `runexp check-plugin`.
#include <unroll/autodiff/gradient_check.hpp>

#include "cells_support.hpp"

namespace unroll::test {
namespace {

/// sum(a * weights), with weights fixed by name.
Var weighted(Graph& graph, Var a, const std::string& name) {
  return sum(a * graph.constant(random_tensor(a.shape(), name, a.dtype())));
}

class CellGradients : public testing::TestWithParam<Variant> {};

TEST_P(CellGradients, OfStacksMatchFiniteDifferences) {
  constexpr std::int64_t T = 4, N = 3, I = 6, H = 5;
  ParameterStore store(3, DType::f64);
  RecurrenceOptions options;
  options.hidden = H;
  options.layers = 2;
  options.bidirectional = true;
  options.residual = true;
  options.layer_norm = true;
  Recurrence recurrence(options, I, {}, Parameters(store),
                        [](const CellSizes& sizes, const Parameters& parameters) {
                          return registry().make_cell(GetParam().choice(), sizes, parameters);
                        });
  randomise(store);
  std::vector<Tensor> inputs{random_tensor({T, N, I}, "x")};
  const auto loss = [&](Graph& graph, std::span<const Var> vars) {
    const auto result = recurrence.run(vars[0], recurrence.zero_state(graph, N), nullptr);
    return weighted(graph, result.outputs, "up");
  };
  const GradientCheck check = check_gradients(loss, inputs, store.all());
  EXPECT_TRUE(check.passed()) << check.worst << " at " << check.where;
}

INSTANTIATE_TEST_SUITE_P(Cells, CellGradients, testing::ValuesIn(all_variants()), label_of);

}  // namespace
}  // namespace unroll::test
