// Does a step of the cell give what its equations say? They are computed once more here, by loops.
#include <unroll/model/cell.hpp>
#include <unroll/plugin/registry.hpp>

#include <cmath>
#include <cstdio>

int main(int, char** arguments) {
  using namespace unroll;
  constexpr std::int64_t N = 2, I = 3, H = 5;
  const Registry registry({arguments[1]});
  ParameterStore store(1, DType::f64);
  const auto cell = registry.make_cell({"plugin_name", {}, {}}, {I, H, {}}, Parameters(store));
  const auto weight = [&](const char* name, std::int64_t at) {
    return store.find(name)->value().data<double>()[at];
  };

  RandomStream random(1, "test");
  Tensor x = Tensor::empty({N, I}, DType::f64), h = Tensor::empty({N, H}, DType::f64);
  for (double& value : x.span<double>()) value = random.normal();
  for (double& value : h.span<double>()) value = random.normal();
  Graph graph(Graph::Mode::infer);
  const Var next =
      cell->run_step(cell->run_project(graph.constant(x)), {graph.constant(h)}).front();

  double worst = 0;
  for (std::int64_t n = 0; n < N; ++n) {
    for (std::int64_t j = 0; j < H; ++j) {
      double a = weight("b", j);
      for (std::int64_t i = 0; i < I; ++i)
        a += x.data<double>()[n * I + i] * weight("W", i * H + j);
      for (std::int64_t i = 0; i < H; ++i)
        a += h.data<double>()[n * H + i] * weight("U", i * H + j);
      const double k = 1 / (1 + std::exp(-weight("r", j)));
      const double expected = k * h.data<double>()[n * H + j] + (1 - k) * std::tanh(a);
      worst = std::max(worst, std::abs(next.value().data<double>()[n * H + j] - expected));
    }
  }
  std::printf("differs from its equations by at most %g\n", worst);
  return worst < 1e-12 ? 0 : 1;
}
