// The built-in cells with fused kernels against the same cells written with plain steps: two layers
// of 128, outputs, last state and every gradient.
#include <gmock/gmock.h>

#include <cmath>

#include <unroll/model/recurrence.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

constexpr std::int64_t T = 20, N = 6, I = 17, H = 128;

const Registry& registry() {
  static const Registry registry({test::plugins(), test::test_plugins() / "plain"});
  return registry;
}

Tensor random_tensor(const Shape& shape, std::string_view name, double scale = 1) {
  RandomStream random(1, name);
  Tensor tensor = Tensor::empty(shape);
  for (float& value : tensor.span<float>()) value = static_cast<float>(scale * random.normal());
  return tensor;
}

/// What comes out of two layers of a cell, and every gradient.
std::vector<Tensor> results(const std::string& cell) {
  ParameterStore store(1);
  RecurrenceOptions options;
  options.hidden = H;
  options.layers = 2;
  Recurrence recurrence(options, I, {}, Parameters(store),
                        [&](const CellSizes& sizes, const Parameters& parameters) {
                          return registry().make_cell({cell, {}, {}}, sizes, parameters);
                        });
  for (Parameter* parameter : store.all()) {
    Tensor value = parameter->value();
    value.copy_from(random_tensor(value.shape(), parameter->name(), 0.1));
  }
  Graph graph;
  const Var x = graph.input(random_tensor({T, N, I}, "x"));
  const auto result = recurrence.run(x, recurrence.zero_state(graph, N), nullptr);
  Var loss = sum(result.outputs * graph.constant(random_tensor({T, N, H}, "up")));
  std::vector<Tensor> all{result.outputs.value().clone()};
  for (const State& state : result.last) {
    for (const Var& part : state) {
      all.push_back(part.value().clone());
      loss = loss + sum(part * graph.constant(random_tensor({N, H}, "last")));
    }
  }
  graph.backward(loss);
  all.push_back(graph.gradient(x).clone());
  for (const Parameter* parameter : store.all()) all.push_back(parameter->gradient().clone());
  return all;
}

void expect_agreement(const std::string& cell) {
  const std::vector<Tensor> fused = results(cell), plain = results("plain_" + cell);
  ASSERT_EQ(fused.size(), plain.size());
  for (std::size_t i = 0; i < fused.size(); ++i) {
    const auto a = fused[i].span<float>(), b = plain[i].span<float>();
    ASSERT_EQ(a.size(), b.size());
    double worst = 0, largest = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
      worst = std::max(worst, std::abs(static_cast<double>(a[k]) - static_cast<double>(b[k])));
      largest = std::max(largest, std::abs(static_cast<double>(b[k])));
    }
    EXPECT_GT(largest, 0) << cell << ", tensor " << i;
    EXPECT_LE(worst, 1e-5 * std::max(largest, 1.0)) << cell << ", tensor " << i;
  }
}

TEST(PlainCells, AgreeWithTheFusedLstm) {
  expect_agreement("lstm");
}

TEST(PlainCells, AgreeWithTheFusedGru) {
  expect_agreement("gru");
}

}  // namespace
}  // namespace unroll
