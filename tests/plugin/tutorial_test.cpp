// The cell of docs/plugins.md: loaded as a plugin, against a naive loop and finite differences.
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

#include <unroll/autodiff/gradient_check.hpp>
#include <unroll/model/recurrence.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

// All sizes different, so that a mixed-up axis fails.
constexpr std::int64_t T = 4, N = 2, I = 3, H = 5;

const Registry& registry() {
  static const Registry registry({test::test_plugins() / "tutorial"});
  return registry;
}

Tensor random_tensor(const Shape& shape, std::string_view name) {
  RandomStream random(1, name);
  Tensor tensor = Tensor::empty(shape, DType::f64);
  for (double& value : tensor.span<double>()) value = random.normal();
  return tensor;
}

TEST(TutorialCell, AgreesWithItsEquations) {
  ParameterStore store(1, DType::f64);
  const auto cell = registry().make_cell({"ugrnn", {}, {}}, {I, H, {}}, Parameters(store));
  const auto weight = [&](const char* name) { return store.find(name)->value().span<double>(); };
  const auto W = weight("W"), U = weight("U"), b = weight("b");
  EXPECT_EQ(b[0], 1.0) << "keep_bias";
  const Tensor x = random_tensor({T, N, I}, "x"), h0 = random_tensor({N, H}, "h");

  Graph graph(Graph::Mode::infer);
  const Unrolled unrolled =
      cell->run_unroll(cell->run_project(graph.constant(x)), {graph.constant(h0.clone())});
  const auto at = [](std::int64_t i) { return static_cast<std::size_t>(i); };
  for (std::int64_t n = 0; n < N; ++n) {
    std::vector<double> h(at(H)), next(at(H));
    for (std::int64_t j = 0; j < H; ++j) h[at(j)] = h0.span<double>()[at(n * H + j)];
    for (std::int64_t t = 0; t < T; ++t) {
      const auto sum = [&](std::int64_t column) {
        double a = b[at(column)];
        for (std::int64_t i = 0; i < I; ++i)
          a += x.span<double>()[at((t * N + n) * I + i)] * W[at(i * 2 * H + column)];
        for (std::int64_t k = 0; k < H; ++k) a += h[at(k)] * U[at(k * 2 * H + column)];
        return a;
      };
      for (std::int64_t j = 0; j < H; ++j) {
        const double g = 1 / (1 + std::exp(-sum(j)));
        next[at(j)] = g * h[at(j)] + (1 - g) * std::tanh(sum(H + j));
      }
      h = next;
      for (std::int64_t j = 0; j < H; ++j) {
        EXPECT_NEAR(unrolled.outputs.value().span<double>()[at((t * N + n) * H + j)], h[at(j)],
                    1e-12);
      }
    }
  }
}

TEST(TutorialCell, GradientsAreThoseOfFiniteDifferences) {
  ParameterStore store(1, DType::f64);
  const auto cell = registry().make_cell({"ugrnn", {}, {}}, {I, H, {}}, Parameters(store));
  std::vector<Tensor> inputs{random_tensor({T, N, I}, "x"), random_tensor({N, H}, "h")};
  const auto check = check_gradients(
      [&](Graph&, std::span<const Var> in) {
        const Unrolled unrolled = cell->run_unroll(cell->run_project(in[0]), {in[1]});
        return sum(tanh(unrolled.outputs));
      },
      inputs, store.all());
  EXPECT_TRUE(check.passed(1e-7)) << check.worst << " at " << check.where;
}

}  // namespace
}  // namespace unroll
