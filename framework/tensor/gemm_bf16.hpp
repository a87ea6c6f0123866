// Matrix products of mixed precision: operands rounded to bfloat16, sums and result in float32.
#pragma once

#include <cstdint>

#include <unroll/tensor/bf16.hpp>
#include <unroll/tensor/tensor.hpp>

namespace unroll {

/// A row-major matrix, `stride` between its rows as stored; of float32 values, which are rounded
/// (to_bf16), or of bfloat16 values.
struct Bf16Operand {
  Bf16Operand(const float* values, std::int64_t row_stride, bool transpose = false)
      : floats(values), stride(row_stride), transposed(transpose) {}
  Bf16Operand(const Bf16* values, std::int64_t row_stride, bool transpose = false)
      : halves(values), stride(row_stride), transposed(transpose) {}

  const float* floats = nullptr;
  const Bf16* halves = nullptr;  ///< instead of them
  std::int64_t stride = 0;
  bool transposed = false;
};

/// op(B) [K, N] as the products read it: rounded and laid out once for several of them.
struct Bf16Packed {
  std::int64_t K = 0, N = 0;
  Tensor values;
};
Bf16Packed pack_bf16(std::int64_t K, std::int64_t N, const Bf16Operand& B);

/// Where a product goes: C [M, N] with `stride` between rows; `=` or, with `add`, `+=`. `bias` [N],
/// if there is one, is added to every row.
struct Bf16Result {
  float* C = nullptr;
  std::int64_t stride = 0;
  bool add = false;
  const float* bias = nullptr;
};

/// C = or += op(A) op(B) + bias, with op(A) [M, K] and op(B) [K, N]. Each element is a sum of
/// float32 in an order that K and the instruction set fix, whatever the number of threads. Uses the
/// engine's threads; inside a parallel_for the calling one alone.
void gemm_bf16(std::int64_t M, std::int64_t N, std::int64_t K, const Bf16Operand& A,
               const Bf16Operand& B, const Bf16Result& result);
void gemm_bf16(std::int64_t M, const Bf16Operand& A, const Bf16Packed& B, const Bf16Result& result);

/// Is there an instruction for it, "AVX512-BF16", on this processor and in use? Otherwise float32
/// multiplies the rounded operands: the same sums, but no faster than gemm.
bool has_bf16_instruction() noexcept;

}  // namespace unroll
