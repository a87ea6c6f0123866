// Products are counted as they were asked for, by whatever computes them.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include <unroll/autodiff/ops.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/images.hpp>
#include <unroll/tensor/kernels_lanes.hpp>
#include <unroll/tensor/kernels_recurrent.hpp>
#include <unroll/tensor/parallel.hpp>
#include <unroll/tensor/product_count.hpp>

namespace unroll {
namespace {

template <typename Work>
std::int64_t operations_of(const Work& work) {
  const std::int64_t before = product_operations();
  work();
  return product_operations() - before;
}

Tensor ones(const Shape& shape) {
  return Tensor::full(shape, 1.0);
}

TEST(ProductCount, OfAMatrixProduct) {
  const std::vector<float> a(3 * 4), b(4 * 5);
  std::vector<float> c(3 * 5);
  const auto product = [&] {
    gemm(false, false, 3, 5, 4, 1.0F, a.data(), 4, b.data(), 5, 0.0F, c.data(), 5);
  };
  EXPECT_EQ(operations_of(product), 2 * 3 * 4 * 5);
  const std::vector<double> x(4);
  double y = 0;
  EXPECT_EQ(operations_of(
                [&] { gemm(false, false, 1, 1, 4, 1.0, x.data(), 4, x.data(), 1, 0.0, &y, 1); }),
            0);
}

TEST(ProductCount, OfProductsInEveryThread) {
  Engine::get().set_threads(4);
  const std::vector<float> a(6, 1.0F);
  EXPECT_EQ(operations_of([&] {
              parallel_for(100, [&](std::int64_t) {
                float c[4];
                gemm(false, false, 2, 2, 3, 1.0F, a.data(), 3, a.data(), 2, 0.0F, c, 2);
              });
            }),
            100 * 2 * 2 * 2 * 3);
}

TEST(ProductCount, OneHotInputIsNoProduct) {
  Graph graph;
  const Tensor ids = Tensor::zeros({3, 2}, DType::i32);
  const Tensor w = ones({5, 4});
  EXPECT_EQ(operations_of([&] { matmul(graph.one_hot(ids, 5), graph.input(w)); }), 0);
  // Dense: y = x w, and going back dx and dw.
  graph.clear();
  const Tensor x = ones({3, 2, 5});
  EXPECT_EQ(operations_of([&] { graph.backward(sum(matmul(graph.input(x), graph.input(w)))); }),
            3 * 2 * 6 * 5 * 4);
}

TEST(ProductCount, OfASequence) {
  constexpr std::int64_t T = 5, N = 3, H = 4, product = 2 * N * H * 4 * H;
  const Tensor U = ones({H, 4 * H}), zero = Tensor::zeros({N, H});
  const Tensor projected = ones({T, N, 4 * H}), memory = ones({T, N, H}), outputs = ones({T, N, H});
  kernels::RecurrentSequence s;
  s.kind = kernels::Recurrent::lstm;
  s.steps = T;
  s.batch = N;
  s.hidden = H;
  s.U = U.data<float>();
  s.h0 = s.c0 = zero.data<float>();
  s.projected = s.gates = projected.data<float>();
  s.memory = memory.data<float>();
  s.outputs = outputs.data<float>();
  EXPECT_EQ(operations_of([&] { kernels::recurrent_forward(s); }), T * product);

  const Tensor carried = Tensor::zeros({N, H}), first = Tensor::zeros({N, H});
  kernels::RecurrentGradients g;
  g.outputs = outputs.data<float>();
  g.carried = carried.data<float>();
  EXPECT_EQ(operations_of([&] { kernels::recurrent_backward(s, g); }), (T - 1) * product);
  g.h0 = first.data<float>();
  EXPECT_EQ(operations_of([&] { kernels::recurrent_backward(s, g); }), T * product);
  const Tensor dU = ones({H, 4 * H});
  EXPECT_EQ(operations_of([&] { kernels::recurrent_weights(s, false, dU.data<float>()); }),
            T * product);
}

TEST(ProductCount, OfAttentionWithFewAndManySteps) {
  const std::vector<std::int32_t> lengths{3, 2};
  for (const std::int64_t T : {1, 7}) {
    const kernels::Lanes lanes{T, 4, 2, lengths.data()};
    const Tensor a = ones({T, 2, 5}), b = ones({4, 2, 5}), y = ones({T, 2, 4});
    EXPECT_EQ(operations_of([&] {
                kernels::lane_dots(lanes, 5, a.data<float>(), b.data<float>(), y.data<float>(),
                                   false);
              }),
              2 * T * (3 + 2) * 5)
        << T;
  }
}

TEST(ProductCount, OfAConvolution) {
  const WindowOverImages over({2, 3, 6, 5}, {{3, 2}, {1, 1}, {1, 0}});  // -> [2, 4, 6, 4]
  const Tensor x = ones({2, 3, 6, 5}), w = ones({4, 3, 3, 2}), y = ones({2, 4, 6, 4});
  constexpr std::int64_t product = 2 * (2 * 6 * 4) * 4 * (3 * 3 * 2);
  EXPECT_EQ(operations_of([&] {
              convolve(over, 4, x.data<float>(), w.data<float>(), nullptr, y.data<float>());
            }),
            product);
  EXPECT_EQ(operations_of([&] {
              convolve_to_images(over, 4, y.data<float>(), w.data<float>(), x.data<float>());
            }),
            product);
}

}  // namespace
}  // namespace unroll
