// Matrices as the bfloat16 tiles read them (bf16_tiles.hpp): rounded, in pairs along k, in panels.
// Private to this room.
//
// Matrices are dense and row-major, of float32 (rounded here) or bfloat16; `stride` is the distance
// between rows. All of these run in the calling thread.
#pragma once

#include <cstdint>

#include <unroll/tensor/bf16.hpp>

namespace unroll::bf16 {

template <typename T>
struct Matrix {
  const T* data = nullptr;
  std::int64_t stride = 0;

  const T* at(std::int64_t row, std::int64_t column) const { return data + row * stride + column; }
  Matrix from(std::int64_t row, std::int64_t column) const { return {at(row, column), stride}; }
};

/// M [K, columns] to panels of `width` columns (a multiple of kBlock, but for a single panel), each
/// [pairs_of(K)][its blocks of 16 columns][2] and `apart` values from the one before; what is
/// beyond M is zero.
void pack_panels(const Matrix<float>& M, std::int64_t K, std::int64_t columns, std::int64_t width,
                 std::int64_t apart, Bf16* panels);
void pack_panels(const Matrix<Bf16>& M, std::int64_t K, std::int64_t columns, std::int64_t width,
                 std::int64_t apart, Bf16* panels);

/// One panel of a transposed M [columns, K].
void pack_panel_across(const Matrix<float>& M, std::int64_t K, std::int64_t columns, Bf16* panel);
void pack_panel_across(const Matrix<Bf16>& M, std::int64_t K, std::int64_t columns, Bf16* panel);

/// The blocks of a panel from different places: block b holds columns first + b * apart … of M
/// [K, any], at most kBlock of them.
void pack_apart(const Matrix<float>& M, std::int64_t K, std::int64_t first, std::int64_t apart,
                std::int64_t blocks, std::int64_t columns, Bf16* panel);

/// M [rows, K] to rows of 2 * pairs_of(K) values.
void round_rows(const Matrix<float>& M, std::int64_t rows, std::int64_t K, Bf16* out);
void round_rows(const Matrix<Bf16>& M, std::int64_t rows, std::int64_t K, Bf16* out);

}  // namespace unroll::bf16
