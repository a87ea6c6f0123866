// Matrix products of row-major matrices.
#pragma once

#include <cstdint>

namespace unroll {

/// C = alpha * op(A) op(B) + beta * C, with op(A) [M, K], op(B) [K, N] and C [M, N]. `lda`, `ldb`
/// and `ldc` are the distances between rows as stored: A is [M, K], or [K, M] when transposed.
/// With beta 0, C is not read. Uses the engine's threads; inside a parallel_for it runs in the
/// calling thread alone. The same shapes and threads give the same bits.
void gemm(bool transpose_a, bool transpose_b, std::int64_t M, std::int64_t N, std::int64_t K,
          float alpha, const float* A, std::int64_t lda, const float* B, std::int64_t ldb,
          float beta, float* C, std::int64_t ldc);

/// The same in double, for gradient checks: written for exactness, not for speed.
void gemm(bool transpose_a, bool transpose_b, std::int64_t M, std::int64_t N, std::int64_t K,
          double alpha, const double* A, std::int64_t lda, const double* B, std::int64_t ldb,
          double beta, double* C, std::int64_t ldc);

}  // namespace unroll
