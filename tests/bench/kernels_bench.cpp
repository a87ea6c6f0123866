// Micro-benchmarks of what training spends its time in: products, pointwise kernels, the loss and
// the tape itself. Run `build/bin/bench`, on an idle machine; counters are GFLOP/s or GB/s.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

#include <unroll/autodiff/ops.hpp>
#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

Tensor noise(const Shape& shape) {
  RandomStream random(1, "bench");
  Tensor tensor = Tensor::empty(shape);
  for (float& v : tensor.span<float>()) v = static_cast<float>(random.uniform(-2, 2));
  return tensor;
}

void count(benchmark::State& state, const char* name, double amount) {
  state.counters[name] = benchmark::Counter(amount * static_cast<double>(state.iterations()) / 1e9,
                                            benchmark::Counter::kIsRate);
}

// Arguments: M, N, K, transpose A, transpose B, as training and sampling use them.
void product(benchmark::State& state) {
  const std::int64_t M = state.range(0), N = state.range(1), K = state.range(2);
  const bool ta = state.range(3) != 0, tb = state.range(4) != 0;
  const Tensor A = noise({M, K}), B = noise({K, N}), C = Tensor::empty({M, N});
  for (auto _ : state) {
    gemm(ta, tb, M, N, K, 1.0f, A.data<float>(), ta ? M : K, B.data<float>(), tb ? K : N, 0.0f,
         C.data<float>(), N);
  }
  count(state, "GFLOP/s", 2.0 * static_cast<double>(M * N * K));
}
BENCHMARK(product)
    ->ArgNames({"M", "N", "K", "ta", "tb"})
    ->Args({1, 512, 128, 0, 0})
    ->Args({64, 512, 128, 0, 0})
    ->Args({6400, 512, 128, 0, 0})
    ->Args({128, 512, 6400, 1, 0})
    ->Args({6400, 128, 512, 0, 1})
    ->Args({6400, 65, 128, 0, 0})
    ->Args({1, 2048, 512, 0, 0})
    ->Args({6400, 2048, 512, 0, 0})
    ->UseRealTime();

using Unary = void (*)(std::int64_t, const float*, float*);

void pointwise(benchmark::State& state, Unary kernel) {
  const std::int64_t n = state.range(0);
  const Tensor x = noise({n}), y = Tensor::empty({n});
  for (auto _ : state) kernel(n, x.data<float>(), y.data<float>());
  count(state, "GB/s", 8.0 * static_cast<double>(n));
}
BENCHMARK_CAPTURE(pointwise, sigmoid, kernels::sigmoid)->Arg(4096)->Arg(1 << 20)->UseRealTime();
BENCHMARK_CAPTURE(pointwise, tanh, kernels::tanh)->Arg(4096)->Arg(1 << 20)->UseRealTime();
BENCHMARK_CAPTURE(pointwise, exp, kernels::exp)->Arg(4096)->Arg(1 << 20)->UseRealTime();

void squares(benchmark::State& state) {
  const Tensor x = noise({state.range(0)});
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernels::sum_of_squares(x.size(), x.data<float>()));
  }
  count(state, "GB/s", 4.0 * static_cast<double>(x.size()));
}
BENCHMARK(squares)->Arg(4096)->Arg(1 << 20)->UseRealTime();

// Cross-entropy of [T * N, V] logits, forward and back.
void loss(benchmark::State& state) {
  const Tensor logits = noise({state.range(0), state.range(1)});
  const Tensor targets = Tensor::full({state.range(0)}, 1, DType::i32);
  Graph graph;
  for (auto _ : state) {
    graph.clear();
    graph.backward(cross_entropy(graph.input(logits), targets).total);
  }
  count(state, "GB/s", 12.0 * static_cast<double>(logits.size()));
}
BENCHMARK(loss)->Args({6400, 65})->Args({6400, 1000})->UseRealTime();

// What the tape costs beyond the arithmetic: operations on next to nothing, recorded, run
// backwards and forgotten.
void tape(benchmark::State& state) {
  Graph graph(state.range(0) != 0 ? Graph::Mode::record : Graph::Mode::infer);
  const Tensor one = Tensor::full({4}, 0.5);
  constexpr int kOperations = 1000;
  for (auto _ : state) {
    graph.clear();
    Var x = graph.input(one);
    for (int i = 0; i < kOperations; ++i) x = tanh(x);
    if (graph.recording()) graph.backward(sum(x));
  }
  state.SetItemsProcessed(state.iterations() * kOperations);
}
BENCHMARK(tape)->ArgName("record")->Arg(0)->Arg(1);

// Three blocks of convolution, relu and pooling, 3 -> 32 -> 64 -> 128 channels, and back again: a
// step of the encoder cnn for 64 pictures of 32 x 32.
void images(benchmark::State& state) {
  const Tensor x = noise({64, 3, 32, 32});
  const Tensor filters[] = {noise({32, 3, 3, 3}), noise({64, 32, 3, 3}), noise({128, 64, 3, 3})};
  const Tensor biases[] = {noise({32}), noise({64}), noise({128})};
  Graph graph;
  for (auto _ : state) {
    graph.clear();
    Var y = graph.constant(x);
    for (std::size_t i = 0; i < 3; ++i) {
      y = relu(conv2d(y, graph.input(filters[i]), graph.input(biases[i]), {1, 1}));
      y = max_pool2d(y, {{2, 2}, {2, 2}});
    }
    graph.backward(sum(y));
  }
}
BENCHMARK(images)->UseRealTime();

}  // namespace
}  // namespace unroll

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  unroll::Engine& engine = unroll::Engine::get();
  benchmark::AddCustomContext("library", engine.library_version());
  benchmark::AddCustomContext("processor", engine.processor());
  benchmark::AddCustomContext("threads", std::to_string(engine.threads()));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
