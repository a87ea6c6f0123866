// Matrix products against three plain loops: all transposes, odd sizes, row strides, 0 and 1.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

template <typename T>
std::vector<T> noise(std::int64_t n, RandomStream& random) {
  std::vector<T> values(static_cast<std::size_t>(n));
  for (T& v : values) v = static_cast<T>(random.uniform(-1, 1));
  return values;
}

template <typename T>
void check(bool ta, bool tb, std::int64_t M, std::int64_t N, std::int64_t K, T alpha, T beta) {
  RandomStream random(1, "gemm");
  const std::int64_t lda = (ta ? M : K) + 3, ldb = (tb ? K : N) + 2, ldc = N + 1;
  const std::vector<T> A = noise<T>((ta ? K : M) * lda, random);
  const std::vector<T> B = noise<T>((tb ? N : K) * ldb, random);
  std::vector<T> C = noise<T>(M * ldc, random);
  const std::vector<T> before = C;
  if (beta == T(0)) std::fill(C.begin(), C.end(), static_cast<T>(NAN));  // must not be read
  for (std::int64_t m = 0; m < M; ++m) C[static_cast<std::size_t>(m * ldc + N)] = T(7);
  gemm(ta, tb, M, N, K, alpha, A.data(), lda, B.data(), ldb, beta, C.data(), ldc);
  for (std::int64_t m = 0; m < M; ++m) {
    EXPECT_EQ(C[static_cast<std::size_t>(m * ldc + N)], T(7)) << "wrote past a row";
    for (std::int64_t n = 0; n < N; ++n) {
      double wanted = beta == T(0) ? 0.0 : beta * before[static_cast<std::size_t>(m * ldc + n)];
      for (std::int64_t k = 0; k < K; ++k) {
        const T a = A[static_cast<std::size_t>(ta ? k * lda + m : m * lda + k)];
        const T b = B[static_cast<std::size_t>(tb ? n * ldb + k : k * ldb + n)];
        wanted += static_cast<double>(alpha) * a * b;
      }
      EXPECT_NEAR(C[static_cast<std::size_t>(m * ldc + n)], wanted,
                  (sizeof(T) == 4 ? 1e-6 : 1e-14) * static_cast<double>(K + 2))
          << ta << tb << " " << M << " " << N << " " << K;
    }
  }
}

template <typename T>
class Gemm : public testing::Test {};
using Types = testing::Types<float, double>;
TYPED_TEST_SUITE(Gemm, Types);

TYPED_TEST(Gemm, AgreesWithPlainLoops) {
  const std::int64_t sizes[][3] = {{1, 1, 1}, {3, 4, 5},   {1, 7, 5},    {6, 1, 9},
                                   {5, 6, 1}, {17, 33, 8}, {64, 65, 66}, {31, 130, 70},
                                   {0, 3, 4}, {3, 0, 4},   {3, 4, 0}};
  for (const auto& [M, N, K] : sizes) {
    for (bool ta : {false, true}) {
      for (bool tb : {false, true}) {
        for (TypeParam beta : {TypeParam(0), TypeParam(1), TypeParam(0.5)}) {
          check<TypeParam>(ta, tb, M, N, K, TypeParam(1), beta);
        }
        check<TypeParam>(ta, tb, M, N, K, TypeParam(-0.75), TypeParam(1));
        check<TypeParam>(ta, tb, M, N, K, TypeParam(0), TypeParam(2));
      }
    }
  }
}

TEST(Gemm, RunsInsideParallelTasks) {
  constexpr std::int64_t kSize = 40;
  RandomStream random(2, "gemm");
  const auto A = noise<float>(kSize * kSize, random), B = noise<float>(kSize * kSize, random);
  std::vector<std::vector<float>> results(6, std::vector<float>(kSize * kSize));
  Engine::get().set_threads(2);
  parallel_for(6, [&](std::int64_t i) {
    gemm(false, true, kSize, kSize, kSize, 1.0f, A.data(), kSize, B.data(), kSize, 0.0f,
         results[static_cast<std::size_t>(i)].data(), kSize);
  });
  for (const auto& result : results) EXPECT_EQ(result, results[0]);
}

// Every product is below the least normal number. A thread that flushes none would store it.
TEST(Gemm, FlushesDenormalsInEveryThread) {
  constexpr std::int64_t kSize = 256;
  const std::vector<float> A(kSize * kSize, 1e-30f), B(kSize * kSize, 1e-12f);
  std::vector<float> C(kSize * kSize, 1.0f);
  for (int threads : {1, 2, 3}) {
    Engine::get().set_threads(threads);
    gemm(false, false, kSize, kSize, kSize, 1.0f, A.data(), kSize, B.data(), kSize, 0.0f, C.data(),
         kSize);
    EXPECT_EQ(std::count(C.begin(), C.end(), 0.0f), kSize * kSize) << threads;
  }
}

TEST(Gemm, RepeatsToTheBit) {
  RandomStream random(3, "gemm");
  constexpr std::int64_t M = 16, N = 32, K = 30000;  // a long reduction, which oneDNN splits
  const auto A = noise<float>(M * K, random), B = noise<float>(K * N, random);
  std::vector<float> first(M * N), second(M * N);
  Engine::get().set_threads(2);
  for (auto* C : {&first, &second}) {
    gemm(false, false, M, N, K, 1.0f, A.data(), K, B.data(), N, 0.0f, C->data(), N);
  }
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace unroll
