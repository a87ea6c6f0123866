// Packing for bfloat16 products. Compiled once for each instruction set; the best one is chosen
// when the program runs.
#include <algorithm>
#include <cstddef>
#include <cstring>

#include <unroll/tensor/bf16_packing.hpp>
#include <unroll/tensor/bf16_tiles.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/bf16_packing.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/highway.h>

#include <unroll/tensor/bf16_lanes-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::bf16::HWY_NAMESPACE {

/// kLanes values in the upper halves.
HWY_INLINE U32 Upper(const float* from) {
  return Rounded(hn::LoadU(D(), from));
}
HWY_INLINE U32 Upper(const Bf16* from) {
  return hn::ShiftLeft<16>(hn::PromoteTo(D32(), hn::LoadU(D16(), from)));
}

/// A block of 16 pairs from two rows, of which the second may be missing.
template <typename T>
HWY_INLINE void Block(const T* first, const T* second, Bf16* out) {
  for (std::int64_t i = 0; i < kBlock; i += kLanes) {
    const U32 upper = second != nullptr ? Upper(second + i) : hn::Zero(D32());
    hn::StoreU(Paired(Upper(first + i), upper), D32(),
               reinterpret_cast<std::uint32_t*>(out + 2 * i));
  }
}

/// The same of fewer columns; zeros follow.
template <typename T>
void PartOfBlock(const T* first, const T* second, std::int64_t columns, Bf16* out) {
  T rows[2][kBlock] = {};
  std::copy_n(first, columns, rows[0]);
  if (second != nullptr) std::copy_n(second, columns, rows[1]);
  Block(rows[0], rows[1], out);
}

constexpr std::int64_t kRowsAhead = 8;  ///< fetched before their use

/// At most 16 columns of row k and the next; later rows are fetched meanwhile.
template <typename T>
HWY_INLINE void PackPair(const Matrix<T>& M, std::int64_t K, std::int64_t k, std::int64_t column,
                         std::int64_t columns, Bf16* out) {
  const T* const row = M.at(k, column);
  const T* const next = k + 1 < K ? row + M.stride : nullptr;
  if (k + kRowsAhead + 1 < K) {
    __builtin_prefetch(row + kRowsAhead * M.stride);
    __builtin_prefetch(row + (kRowsAhead + 1) * M.stride);
  }
  if (HWY_LIKELY(columns >= kBlock))
    Block(row, next, out);
  else
    PartOfBlock(row, next, columns, out);
}

/// Whole rows one after another: a panel at a time would read a little of each, from afar.
template <typename T>
void PackPanels(const Matrix<T>& M, std::int64_t K, std::int64_t columns, std::int64_t width,
                std::int64_t apart, Bf16* out) {
  for (std::int64_t k = 0; k < K; k += 2) {
    for (std::int64_t first = 0; first < columns; first += width) {
      const std::int64_t here = std::min(width, columns - first);
      Bf16* const row = out + first / width * apart + k * kBlock * blocks_of(here);
      for (std::int64_t c = 0; c < here; c += kBlock)
        PackPair(M, K, k, first + c, here - c, row + 2 * c);
    }
  }
}

void PackApart(const Matrix<float>& M, std::int64_t K, std::int64_t first, std::int64_t apart,
               std::int64_t blocks, std::int64_t columns, Bf16* out) {
  for (std::int64_t k = 0; k < K; k += 2)
    for (std::int64_t b = 0; b < blocks; ++b, out += 2 * kBlock)
      PackPair(M, K, k, first + b * apart, columns, out);
}

HWY_INLINE void Round(const float* from, std::int64_t count, Bf16* to) {
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) StoreRounded(hn::LoadU(D(), from + i), to + i);
  for (; i < count; ++i) to[i] = to_bf16(from[i]);
}
HWY_INLINE void Round(const Bf16* from, std::int64_t count, Bf16* to) {
  std::copy_n(from, count, to);
}

template <typename T>
void RoundRows(const Matrix<T>& M, std::int64_t rows, std::int64_t K, Bf16* out) {
  const std::int64_t width = 2 * pairs_of(K);
  for (std::int64_t row = 0; row < rows; ++row, out += width) {
    Round(M.at(row, 0), K, out);
    if (K < width) out[K] = 0;
  }
}

/// Rows of M become columns of pairs, a piece at a time that stays in the cache.
template <typename T>
void PackAcross(const Matrix<T>& M, std::int64_t K, std::int64_t columns, Bf16* panel) {
  constexpr std::int64_t kPiece = 32;  // pairs
  const std::int64_t width = blocks_of(columns) * kBlock, pairs = pairs_of(K);
  HWY_ALIGN Bf16 piece[kBlock][2 * kPiece];
  for (std::int64_t column = 0; column < width; column += kBlock) {
    for (std::int64_t p = 0; p < pairs; p += kPiece) {
      const std::int64_t here = std::min(kPiece, pairs - p);
      for (std::int64_t c = 0; c < kBlock; ++c) {
        if (column + c < columns) {
          const std::int64_t values = std::min(2 * here, K - 2 * p);
          Round(M.at(column + c, 2 * p), values, piece[c]);
          if (values < 2 * here) piece[c][values] = 0;
        } else {
          std::fill_n(piece[c], 2 * here, Bf16{0});
        }
      }
      for (std::int64_t k = 0; k < here; ++k) {
        Bf16* const to = panel + 2 * ((p + k) * width + column);
        for (std::int64_t c = 0; c < kBlock; ++c)
          std::memcpy(to + 2 * c, piece[c] + 2 * k, 2 * sizeof(Bf16));
      }
    }
  }
}

void PackFloats(const Matrix<float>& M, std::int64_t K, std::int64_t columns, std::int64_t width,
                std::int64_t apart, Bf16* out) {
  PackPanels(M, K, columns, width, apart, out);
}
void PackHalves(const Matrix<Bf16>& M, std::int64_t K, std::int64_t columns, std::int64_t width,
                std::int64_t apart, Bf16* out) {
  PackPanels(M, K, columns, width, apart, out);
}
void AcrossFloats(const Matrix<float>& M, std::int64_t K, std::int64_t columns, Bf16* panel) {
  PackAcross(M, K, columns, panel);
}
void AcrossHalves(const Matrix<Bf16>& M, std::int64_t K, std::int64_t columns, Bf16* panel) {
  PackAcross(M, K, columns, panel);
}
void RoundFloats(const Matrix<float>& M, std::int64_t rows, std::int64_t K, Bf16* out) {
  RoundRows(M, rows, K, out);
}
void RoundHalves(const Matrix<Bf16>& M, std::int64_t rows, std::int64_t K, Bf16* out) {
  RoundRows(M, rows, K, out);
}

}  // namespace unroll::bf16::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll::bf16 {
HWY_EXPORT(PackFloats);
HWY_EXPORT(PackHalves);
HWY_EXPORT(PackApart);
HWY_EXPORT(AcrossFloats);
HWY_EXPORT(AcrossHalves);
HWY_EXPORT(RoundFloats);
HWY_EXPORT(RoundHalves);

void pack_panels(const Matrix<float>& M, std::int64_t K, std::int64_t columns, std::int64_t width,
                 std::int64_t apart, Bf16* panels) {
  HWY_DYNAMIC_DISPATCH(PackFloats)(M, K, columns, width, apart, panels);
}
void pack_panels(const Matrix<Bf16>& M, std::int64_t K, std::int64_t columns, std::int64_t width,
                 std::int64_t apart, Bf16* panels) {
  HWY_DYNAMIC_DISPATCH(PackHalves)(M, K, columns, width, apart, panels);
}
void pack_panel_across(const Matrix<float>& M, std::int64_t K, std::int64_t columns, Bf16* panel) {
  HWY_DYNAMIC_DISPATCH(AcrossFloats)(M, K, columns, panel);
}
void pack_panel_across(const Matrix<Bf16>& M, std::int64_t K, std::int64_t columns, Bf16* panel) {
  HWY_DYNAMIC_DISPATCH(AcrossHalves)(M, K, columns, panel);
}
void pack_apart(const Matrix<float>& M, std::int64_t K, std::int64_t first, std::int64_t apart,
                std::int64_t blocks, std::int64_t columns, Bf16* panel) {
  HWY_DYNAMIC_DISPATCH(PackApart)(M, K, first, apart, blocks, columns, panel);
}
void round_rows(const Matrix<float>& M, std::int64_t rows, std::int64_t K, Bf16* out) {
  HWY_DYNAMIC_DISPATCH(RoundFloats)(M, rows, K, out);
}
void round_rows(const Matrix<Bf16>& M, std::int64_t rows, std::int64_t K, Bf16* out) {
  HWY_DYNAMIC_DISPATCH(RoundHalves)(M, rows, K, out);
}

}  // namespace unroll::bf16
#endif
