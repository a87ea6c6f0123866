// Products of mixed precision against plain loops over rounded operands in double, on every
// instruction set there is: sums must differ by no more than float32's own rounding.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm_bf16.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

using Floats = std::vector<float>;

Floats noise(std::int64_t n, RandomStream& random) {
  Floats values(static_cast<std::size_t>(n));
  for (float& v : values) v = static_cast<float>(random.uniform(-1, 1));
  return values;
}

std::vector<Bf16> halves_of(const Floats& values) {
  std::vector<Bf16> halves;
  for (const float v : values) halves.push_back(to_bf16(v));
  return halves;
}

TEST(Bf16, RoundsToTheNearestAndTiesToEven) {
  const auto rounded = [](float v) { return from_bf16(to_bf16(v)); };
  EXPECT_EQ(rounded(1.0f), 1.0f);
  EXPECT_EQ(rounded(-0.0f), 0.0f);
  EXPECT_TRUE(std::signbit(rounded(-0.0f)));
  const float step = 1.0f / 128;  // between neighbours from 1 on
  EXPECT_EQ(rounded(1 + 0.49f * step), 1);
  EXPECT_EQ(rounded(1 + 0.51f * step), 1 + step);
  EXPECT_EQ(rounded(1 + 0.5f * step), 1);
  EXPECT_EQ(rounded(1 + 1.5f * step), 1 + 2 * step);
  EXPECT_EQ(rounded(-(1 + 1.5f * step)), -(1 + 2 * step));
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(rounded(std::numeric_limits<float>::max()), kInfinity);
  EXPECT_EQ(rounded(-kInfinity), -kInfinity);
  EXPECT_TRUE(std::isnan(rounded(std::nanf(""))));
  EXPECT_TRUE(std::isnan(rounded(std::bit_cast<float>(0x7f800001U))));  // all in the lower half
}

// Dispatches to one instruction set only; undone at the end of the test.
class GemmBf16 : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    Engine::get().use_vector_target(GetParam());
    Engine::get().set_threads(2);
  }
  void TearDown() override { Engine::get().use_vector_target({}); }
};

struct Case {
  bool ta = false, tb = false, add = false, bias = false, halves = false;
};

void check(const Case& c, std::int64_t M, std::int64_t N, std::int64_t K) {
  RandomStream random(1, "gemm_bf16");
  const std::int64_t lda = (c.ta ? M : K) + 3, ldb = (c.tb ? K : N) + 2, ldc = N + 1;
  const Floats A = noise((c.ta ? K : M) * lda, random);
  const Floats B = noise((c.tb ? N : K) * ldb, random), bias = noise(N, random);
  Floats C = noise(M * ldc, random);
  const Floats before = C;
  if (!c.add) std::fill(C.begin(), C.end(), std::nanf(""));  // must not be read
  for (std::int64_t m = 0; m < M; ++m) C[static_cast<std::size_t>(m * ldc + N)] = 7;
  const std::vector<Bf16> half_A = halves_of(A), half_B = halves_of(B);
  const Bf16Operand a =
      c.halves ? Bf16Operand(half_A.data(), lda, c.ta) : Bf16Operand(A.data(), lda, c.ta);
  const Bf16Operand b =
      c.halves ? Bf16Operand(half_B.data(), ldb, c.tb) : Bf16Operand(B.data(), ldb, c.tb);
  const float* const added = c.bias ? bias.data() : nullptr;
  Floats packed = C;
  gemm_bf16(M, N, K, a, b, {C.data(), ldc, c.add, added});
  gemm_bf16(M, a, pack_bf16(K, N, b), {packed.data(), ldc, c.add, added});
  const auto name = testing::Message() << c.ta << c.tb << c.add << c.bias << c.halves << " " << M
                                       << " " << N << " " << K;
  for (std::int64_t m = 0; m < M; ++m) {
    ASSERT_EQ(C[static_cast<std::size_t>(m * ldc + N)], 7) << "wrote past a row: " << name;
    for (std::int64_t n = 0; n < N; ++n) {
      const auto at = static_cast<std::size_t>(m * ldc + n);
      double wanted =
          (c.add ? before[at] : 0.0) + (c.bias ? bias[static_cast<std::size_t>(n)] : 0.0);
      double size = std::abs(wanted);
      for (std::int64_t k = 0; k < K; ++k) {
        const double x =
            from_bf16(half_A[static_cast<std::size_t>(c.ta ? k * lda + m : m * lda + k)]);
        const double y =
            from_bf16(half_B[static_cast<std::size_t>(c.tb ? n * ldb + k : k * ldb + n)]);
        wanted += x * y;
        size += std::abs(x * y);
      }
      ASSERT_NEAR(C[at], wanted, 1e-6 * size) << name;
      ASSERT_EQ(C[at], packed[at]) << "packed before: " << name;
    }
  }
}

TEST_P(GemmBf16, AgreesWithLoopsOverRoundedOperands) {
  const std::int64_t sizes[][3] = {{1, 1, 1},    {3, 4, 5},     {1, 7, 5},    {6, 1, 9},
                                   {17, 33, 8},  {64, 65, 66},  {31, 130, 7}, {13, 18, 515},
                                   {99, 63, 40}, {40, 300, 34}, {3, 4, 0},    {0, 3, 4}};
  for (const auto& [M, N, K] : sizes)
    for (int bits = 0; bits < 32; ++bits)
      check({(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0},
            M, N, K);
}

TEST_P(GemmBf16, AgreesWhereThreadsShareTheWork) {
  for (const bool transposed : {false, true}) {
    check({transposed, transposed, true, true, false}, 200, 70, 90);   // rows
    check({transposed, transposed, false, true, true}, 100, 200, 90);  // columns
    check({transposed, !transposed, true, false, false}, 40, 700, 600);
  }
}

TEST_P(GemmBf16, GivesTheSameBitsWithAnyNumberOfThreads) {
  RandomStream random(2, "gemm_bf16");
  for (const auto& [M, N, K] : {std::array{250, 90, 530}, std::array{90, 250, 530}}) {
    const Floats A = noise(M * K, random), B = noise(K * N, random);
    std::vector<Floats> results;
    for (const int threads : {1, 2, 3, 5}) {
      Engine::get().set_threads(threads);
      Floats& C = results.emplace_back(static_cast<std::size_t>(M * N));
      gemm_bf16(M, N, K, {A.data(), K}, {B.data(), N}, {C.data(), N});
    }
    for (const Floats& C : results) EXPECT_EQ(C, results.front());
  }
  Engine::get().set_threads(2);
}

TEST_P(GemmBf16, RunsInsideParallelTasks) {
  constexpr std::int64_t kSize = 110;
  RandomStream random(3, "gemm_bf16");
  const Floats A = noise(kSize * kSize, random), B = noise(kSize * kSize, random);
  std::vector<Floats> results(6, Floats(kSize * kSize));
  parallel_for(6, [&](std::int64_t i) {
    gemm_bf16(kSize, kSize, kSize, {A.data(), kSize}, {B.data(), kSize},
              {results[static_cast<std::size_t>(i)].data(), kSize});
  });
  Floats alone(kSize * kSize);
  gemm_bf16(kSize, kSize, kSize, {A.data(), kSize}, {B.data(), kSize}, {alone.data(), kSize});
  for (const Floats& result : results) EXPECT_EQ(result, alone);
}

TEST_P(GemmBf16, LetsInfinityAndNaNThrough) {
  const Floats A{1, 2, std::numeric_limits<float>::infinity(), 1, std::nanf(""), 0};
  const Floats B{1, 1};
  Floats C(3);
  gemm_bf16(3, 1, 2, {A.data(), 2}, {B.data(), 1}, {C.data(), 1});
  EXPECT_EQ(C[0], 3);
  EXPECT_EQ(C[1], std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(C[2]));
}

INSTANTIATE_TEST_SUITE_P(EveryTarget, GemmBf16, testing::ValuesIn(Engine::get().vector_targets()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace unroll
