// Products of a tile of R rows and C blocks, by a function for each format of weights. Compiled
// once per instruction set: include after hwy/highway.h in a file that uses foreach_target.h, as
// decoding_lanes-inl.hpp says.

// clang-format off
#if defined(UNROLL_DECODING_PRODUCTS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_DECODING_PRODUCTS_INL_HPP
#undef UNROLL_DECODING_PRODUCTS_INL_HPP
#else
#define UNROLL_DECODING_PRODUCTS_INL_HPP
#endif
// clang-format on

#include <hwy/highway.h>

#include <algorithm>

#include <unroll/tensor/decoding_lanes-inl.hpp>
#include <unroll/tensor/kernels_decoding.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::decoding::HWY_NAMESPACE {

using kernels::DecodingRows;
using DInt = hn::RebindToSigned<D>;
using VInt = hn::Vec<DInt>;
constexpr DInt kDInt;

constexpr int kMaxRows = 3;            // two sums for each row and block must fit in 32 registers
constexpr std::int64_t kAhead = 2048;  // bytes between what is fetched and what is used

/// Sums of kLanes columns of each block of a panel, for up to kMaxRows rows.
struct Tile {
  HWY_ALIGN float sums[kMaxRows][kMaxBlocks][kLanes];

  V at(int row, int block) const { return hn::Load(kD, sums[row][block]); }
};

/// Where a matrix lies in memory.
class Panels {
 public:
  explicit Panels(const PackedMatrix& M)
      : matrix(M), first_(M.panel(0)), bytes_(M.panel(1) - first_) {}
  const std::byte* operator[](std::int64_t panel) const { return first_ + panel * bytes_; }

  const PackedMatrix& matrix;

 private:
  const std::byte* first_;
  std::int64_t bytes_;
};

/// The columns of each block of a panel from `column` on.
struct Place {
  const Panels& panels;
  std::int64_t panel, column;

  const std::byte* begin(std::int64_t width) const { return panels[panel] + column * width; }
};

/// What will be used kAhead bytes later than the `bytes` bytes from `first` on.
HWY_INLINE void Fetch(const void* first, std::int64_t bytes) {
  for (std::int64_t i = 0; i < bytes; i += 64)
    __builtin_prefetch(static_cast<const std::byte*>(first) + kAhead + i);
}

template <int R, int C>
HWY_INLINE void Clear(V (&sums)[R][C]) {
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sums[r][c] = hn::Zero(kD);
  }
}

// Even and odd k have sums of their own: a sum is not waited for, and the order is the same for
// every format, number of rows and instruction set.
struct Float32 {
  template <int R, int C>
  static HWY_INLINE void Multiply(const Place& place, const DecodingRows& rows, std::int64_t row,
                                  Tile& tile) {
    const auto* panel = reinterpret_cast<const float*>(place.begin(sizeof(float)));
    const float* const x = rows.x + row * rows.stride;
    constexpr std::int64_t kPair = 2 * C * kBlock;
    V even[R][C], odd[R][C];
    Clear(even);
    Clear(odd);
    for (std::int64_t k = 0; k < place.panels.matrix.depth(); k += 2, panel += kPair) {
      Fetch(panel, kPair * std::int64_t{sizeof(float)});
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        const V w = hn::LoadU(kD, panel + c * kBlock);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r)
          even[r][c] = hn::MulAdd(hn::Set(kD, x[r * rows.stride + k]), w, even[r][c]);
      }
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        const V w = hn::LoadU(kD, panel + (C + c) * kBlock);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r)
          odd[r][c] = hn::MulAdd(hn::Set(kD, x[r * rows.stride + k + 1]), w, odd[r][c]);
      }
    }
    for (int r = 0; r < R; ++r)
      for (int c = 0; c < C; ++c) hn::Store(even[r][c] + odd[r][c], kD, tile.sums[r][c]);
  }
};

struct Bfloat16 {
  template <int R, int C>
  static HWY_INLINE void Multiply(const Place& place, const DecodingRows& rows, std::int64_t row,
                                  Tile& tile) {
    const auto* panel = reinterpret_cast<const std::int32_t*>(place.begin(sizeof(std::int32_t)));
    const float* const x = rows.x + row * rows.stride;
    constexpr std::int64_t kPair = C * kBlock;
    const VInt upper = hn::Set(kDInt, static_cast<std::int32_t>(0xffff0000));
    V even[R][C], odd[R][C];
    Clear(even);
    Clear(odd);
    for (std::int64_t k = 0; k < place.panels.matrix.depth(); k += 2, panel += kPair) {
      Fetch(panel, kPair * std::int64_t{sizeof(std::int32_t)});
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        const VInt pair = hn::LoadU(kDInt, panel + c * kBlock);
        const V low = hn::BitCast(kD, hn::ShiftLeft<16>(pair));
        const V high = hn::BitCast(kD, hn::And(pair, upper));
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r) {
          const float* const both = x + r * rows.stride + k;
          even[r][c] = hn::MulAdd(hn::Set(kD, both[0]), low, even[r][c]);
          odd[r][c] = hn::MulAdd(hn::Set(kD, both[1]), high, odd[r][c]);
        }
      }
    }
    for (int r = 0; r < R; ++r)
      for (int c = 0; c < C; ++c) hn::Store(even[r][c] + odd[r][c], kD, tile.sums[r][c]);
  }
};

/// The sums of pairs of products of 8 bits with 16 bits, for the columns of a vector. Integers: in
/// whichever order, the same.
#if HWY_TARGET == HWY_SCALAR
struct PairSums {
  std::int32_t sum = 0;

  void Add(const std::int8_t* w, const std::int16_t* x) { sum += w[0] * x[0] + w[1] * x[1]; }
  V Whole() const { return hn::Set(kD, static_cast<float>(sum)); }
};
#else
struct PairSums {
  static constexpr hn::Repartition<std::int16_t, DInt> kShorts{};
  VInt first, second;

  HWY_INLINE PairSums() : first(hn::Zero(kDInt)), second(first) {}
  HWY_INLINE void Add(const std::int8_t* w, const std::int16_t* x) {
    const hn::Rebind<std::int8_t, decltype(kShorts)> bytes;
    std::int32_t pair;
    std::memcpy(&pair, x, sizeof pair);
    first =
        hn::ReorderWidenMulAccumulate(kDInt, hn::PromoteTo(kShorts, hn::LoadU(bytes, w)),
                                      hn::BitCast(kShorts, hn::Set(kDInt, pair)), first, second);
  }
  HWY_INLINE V Whole() const {
    return hn::ConvertTo(kD, hn::RearrangeToOddPlusEven(first, second));
  }
};
#endif

struct Integer8 {
  template <int R, int C>
  static HWY_INLINE void Multiply(const Place& place, const DecodingRows& rows, std::int64_t row,
                                  Tile& tile) {
    const auto* panel = reinterpret_cast<const std::int8_t*>(place.begin(2));
    constexpr std::int64_t kPair = 2 * C * kBlock;
    const std::int16_t* x[R];
    PairSums sums[R][C];
    for (int r = 0; r < R; ++r) x[r] = rows.quantised->row(row + r);
    for (std::int64_t k = 0; k < place.panels.matrix.depth(); k += 2, panel += kPair) {
      Fetch(panel, kPair);
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r) sums[r][c].Add(panel + 2 * c * kBlock, x[r] + k);
      }
    }
    for (int r = 0; r < R; ++r) {
      const V scale = hn::Set(kD, rows.quantised->scale(row + r));
      for (int c = 0; c < C; ++c) {
        const V unit =
            hn::LoadU(kD, place.panels.matrix.scales(place.panel) + c * kBlock + place.column);
        // Rounded, whatever it is added to.
        hn::Store(hn::MulAdd(sums[r][c].Whole(), scale * unit, hn::Zero(kD)), kD, tile.sums[r][c]);
      }
    }
  }
};

template <class Format, int R>
HWY_INLINE void MultiplyBlocks(const Place& place, const DecodingRows& rows, std::int64_t row,
                               Tile& tile) {
  switch (place.panels.matrix.blocks(place.panel)) {
    case 1:
      return Format::template Multiply<R, 1>(place, rows, row, tile);
    case 2:
      return Format::template Multiply<R, 2>(place, rows, row, tile);
    case 3:
      return Format::template Multiply<R, 3>(place, rows, row, tile);
    default:
      return Format::template Multiply<R, kMaxBlocks>(place, rows, row, tile);
  }
}

template <class Format>
void MultiplyRows(int count, const Place& place, const DecodingRows& rows, std::int64_t row,
                  Tile& tile) {
  if (count == kMaxRows) return MultiplyBlocks<Format, kMaxRows>(place, rows, row, tile);
  MultiplyBlocks<Format, 1>(place, rows, row, tile);
}

/// tile = rows … row+count-1 times the columns of a place.
HWY_INLINE void Multiply(int count, const Place& place, const DecodingRows& rows, std::int64_t row,
                         Tile& tile) {
  switch (place.panels.matrix.format()) {
    case WeightFormat::f32:
      return MultiplyRows<Float32>(count, place, rows, row, tile);
    case WeightFormat::bf16:
      return MultiplyRows<Bfloat16>(count, place, rows, row, tile);
    case WeightFormat::int8:
      return MultiplyRows<Integer8>(count, place, rows, row, tile);
  }
}

/// Calls f(panel, column, row, count) for tiles of kMaxRows rows, then single ones.
template <class Function>
HWY_INLINE void ForTiles(kernels::PanelRange panels, std::int64_t rows, const Function& f) {
  for (std::int64_t i = panels.begin; i < panels.end; ++i) {
    const std::int64_t panel = panels.backwards ? panels.begin + panels.end - 1 - i : i;
    for (std::int64_t row = 0, count = 0; row < rows; row += count) {
      count = row + kMaxRows <= rows ? kMaxRows : 1;
      for (std::int64_t column = 0; column < kBlock; column += kLanes)
        f(panel, column, row, static_cast<int>(count));
    }
  }
}

}  // namespace unroll::decoding::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
