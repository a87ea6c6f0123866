// The inner loop of every bfloat16 product: some rows of A times a packed panel of B, products of
// pairs summed in float32. Private to this room.
//
// k runs in pairs, since the instruction behind (vdpbf16ps) multiplies two neighbours at once; an
// odd K is padded with a zero. A panel is up to kPanelBlocks blocks of kBlock columns: for each
// pair of k its blocks lie one after another, each column's two values side by side. The layout is
// the same for every instruction set, so that matrices can be packed before one is chosen.
#pragma once

#include <cstdint>

#include <unroll/tensor/bf16.hpp>

namespace unroll::bf16 {

inline constexpr std::int64_t kBlock = 16;       ///< columns
inline constexpr std::int64_t kPanelBlocks = 4;  ///< at most

inline constexpr std::int64_t pairs_of(std::int64_t K) {
  return (K + 1) / 2;
}
inline constexpr std::int64_t blocks_of(std::int64_t columns) {
  return (columns + kBlock - 1) / kBlock;
}

/// Rows of A: pair p of row r begins at data[r * row + p * pair]. `pair` is 2 where a row's values
/// lie together; `row` is 2 where the rows' values of a pair lie together.
struct Rows {
  const Bf16* data = nullptr;
  std::int64_t row = 0, pair = 2;
};

/// out[rows, columns] = or += rows of A times a panel of blocks_of(columns) blocks.
struct Product {
  Rows a;
  const Bf16* panel = nullptr;
  std::int64_t rows = 0, columns = 0, pairs = 0;
  bool add = false;
  float* out = nullptr;
  std::int64_t out_row = 0;     ///< floats from one row of `out` to the next
  const float* bias = nullptr;  ///< [columns], added to every row; may be null
};

/// In the calling thread. Elements of `out` beyond `columns` are left alone.
void multiply(const Product& product);

/// Does the processor have an instruction for it?
bool has_instruction() noexcept;
/// Does `multiply` use it? Otherwise it multiplies in float32, which is right but slower than a
/// product of float32.
bool uses_instruction() noexcept;

/// By that instruction, which must be there.
void multiply_natively(const Product& product);

}  // namespace unroll::bf16
