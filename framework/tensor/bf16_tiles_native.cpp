// AVX512-BF16 by its intrinsics: Highway has this instruction from version 1.1 on only.
#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include <unroll/tensor/bf16_tiles.hpp>

#if defined(__x86_64__)
#include <immintrin.h>

#define UNROLL_NATIVE __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

namespace unroll::bf16 {
namespace {

// Rows of a tile of C blocks: its sums, a row of the panel and one value of A fit 32 registers.
template <int C>
constexpr int kMaxRows = C == 4   ? 6
                         : C == 3 ? 8
                                  : 12;

UNROLL_NATIVE inline int pair_at(const Bf16* at) {
  int pair;
  __builtin_memcpy(&pair, at, sizeof pair);
  return pair;
}

/// Of the last block of a panel.
UNROLL_NATIVE inline __mmask16 mask_of(const Product& p, int blocks) {
  return static_cast<__mmask16>((1U << (p.columns - (blocks - 1) * kBlock)) - 1U);
}

template <int R, int C>
UNROLL_NATIVE inline void begin_sums(const Product& p, __mmask16 last, __m512 (&sums)[R][C]) {
#pragma GCC unroll 4
  for (int c = 0; c < C; ++c) {
    const __mmask16 mask = c + 1 < C ? static_cast<__mmask16>(0xffff) : last;
    const __m512 bias =
        p.bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, p.bias + c * kBlock);
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) sums[r][c] = bias;
  }
}

/// Masked stores are slow, and hardly ever needed.
template <int R, int C, bool kWhole>
UNROLL_NATIVE inline void store_sums(float* out, std::int64_t row, __mmask16 last,
                                     const __m512 (&sums)[R][C]) {
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) {
      if (kWhole || c + 1 < C)
        _mm512_storeu_ps(out + r * row + c * kBlock, sums[r][c]);
      else
        _mm512_mask_storeu_ps(out + r * row + c * kBlock, last, sums[r][c]);
    }
  }
}

// R rows. `kTogether`: the rows' values of a pair lie together.
template <int R, int C, bool kTogether>
UNROLL_NATIVE void tile(const Product& p, std::int64_t first) {
  const __mmask16 last = mask_of(p, C);
  __m512 sums[R][C];
  begin_sums(p, last, sums);
  const std::int64_t row = kTogether ? 2 : p.a.row, pair = kTogether ? p.a.pair : 2;
  const Bf16* a = p.a.data + first * row;
  const Bf16* b = p.panel;
  for (std::int64_t k = 0; k < p.pairs; ++k, a += pair, b += 2 * kBlock * C) {
    __m512i columns[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) columns[c] = _mm512_loadu_si512(b + 2 * kBlock * c);
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) {
      const __m512i x = _mm512_set1_epi32(pair_at(a + r * row));
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c)
        sums[r][c] = _mm512_dpbf16_ps(sums[r][c], reinterpret_cast<__m512bh>(x),
                                      reinterpret_cast<__m512bh>(columns[c]));
    }
  }
  float* const out = p.out + first * p.out_row;
  if (p.add) {
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        const __mmask16 mask = c + 1 < C ? static_cast<__mmask16>(0xffff) : last;
        sums[r][c] = _mm512_add_ps(_mm512_maskz_loadu_ps(mask, out + r * p.out_row + c * kBlock),
                                   sums[r][c]);
      }
    }
  }
  if (last == 0xffff)
    store_sums<R, C, true>(out, p.out_row, last, sums);
  else
    store_sums<R, C, false>(out, p.out_row, last, sums);
}

using Tile = void (*)(const Product&, std::int64_t);

template <int C, bool kTogether, std::size_t... I>
constexpr std::array<Tile, sizeof...(I)> tiles_of(std::index_sequence<I...>) {
  return {&tile<static_cast<int>(I) + 1, C, kTogether>...};
}

template <int C, bool kTogether>
void rows_of(const Product& p) {
  static constexpr auto tiles = tiles_of<C, kTogether>(std::make_index_sequence<kMaxRows<C>>());
  std::int64_t left = (p.rows + kMaxRows<C> - 1) / kMaxRows<C>;
  for (std::int64_t first = 0; left > 0; --left) {  // tiles as even as they can be
    const std::int64_t rows = (p.rows - first + left - 1) / left;
    tiles[static_cast<std::size_t>(rows - 1)](p, first);
    first += rows;
  }
}

template <bool kTogether>
void blocks_of_panel(const Product& p) {
  switch (blocks_of(p.columns)) {
    case 1:
      return rows_of<1, kTogether>(p);
    case 2:
      return rows_of<2, kTogether>(p);
    case 3:
      return rows_of<3, kTogether>(p);
    default:
      return rows_of<4, kTogether>(p);
  }
}

}  // namespace

bool has_instruction() noexcept {
  static const bool has = __builtin_cpu_supports("avx512bf16") != 0 &&
                          __builtin_cpu_supports("avx512bw") != 0 &&
                          __builtin_cpu_supports("avx512vl") != 0;
  return has;
}

void multiply_natively(const Product& product) {
  if (product.a.row == 2)
    blocks_of_panel<true>(product);
  else
    blocks_of_panel<false>(product);
}

}  // namespace unroll::bf16

#else

namespace unroll::bf16 {

bool has_instruction() noexcept {
  return false;
}

void multiply_natively(const Product& product) {
  multiply(product);
}

}  // namespace unroll::bf16
#endif
