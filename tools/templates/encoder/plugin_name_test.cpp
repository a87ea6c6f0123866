// Does the encoder give what its equation says, and nothing random while it is evaluated?
#include <unroll/model/encoder.hpp>
#include <unroll/plugin/registry.hpp>

#include <cmath>
#include <cstdio>

int main(int, char** arguments) {
  using namespace unroll;
  constexpr std::int64_t N = 2, F = 4, M = 3;
  const Registry registry({arguments[1]});
  ParameterStore store(1, DType::f64);
  const auto encoder = registry.make_encoder({"plugin_name", {}, {}}, {{F}, M}, Parameters(store));
  const double* W = store.find("W")->value().data<double>();
  const double* b = store.find("b")->value().data<double>();

  RandomStream random(1, "test");
  Tensor x = Tensor::empty({N, F}, DType::f64);
  for (double& value : x.span<double>()) value = random.normal();
  Graph graph(Graph::Mode::infer);
  const Var y = encoder->encode(graph.constant(x), nullptr);

  double worst = 0;
  for (std::int64_t n = 0; n < N; ++n) {
    for (std::int64_t j = 0; j < M; ++j) {
      double expected = b[j];
      for (std::int64_t i = 0; i < F; ++i) expected += x.data<double>()[n * F + i] * W[i * M + j];
      worst = std::max(worst, std::abs(y.value().data<double>()[n * M + j] - expected));
    }
  }
  std::printf("differs from its equation by at most %g\n", worst);
  return worst < 1e-12 ? 0 : 1;
}
