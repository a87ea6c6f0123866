// A product adds to a tile of sums in memory, R rows and C blocks, by a function for each format;
// the nonlinearities of a cell then read the tile. Compiled once for each instruction set.
#include <unroll/tensor/kernels_decoding.hpp>

#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_decoding.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/highway.h>

#include <unroll/tensor/vector_math-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::decoding::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace math = vector_math::HWY_NAMESPACE;

using kernels::DecodingLayer;
using kernels::DecodingRows;
using kernels::DecodingStep;
using kernels::Recurrent;

using D = hn::CappedTag<float, PackedMatrix::kBlock>;
using V = hn::Vec<D>;
using DInt = hn::RebindToSigned<D>;
using VInt = hn::Vec<DInt>;
constexpr D kD;
constexpr DInt kDInt;

constexpr std::int64_t kBlock = PackedMatrix::kBlock;
constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));
constexpr int kMaxBlocks = PackedMatrix::kBlocks;
constexpr int kMaxRows = 3;            // two sums for each row and block must fit in 32 registers
constexpr std::int64_t kAhead = 1024;  // bytes of a panel that are fetched before their use

/// Sums of kLanes columns of each block of a panel, for up to kMaxRows rows.
struct Tile {
  HWY_ALIGN float sums[kMaxRows][kMaxBlocks][kLanes];
};

HWY_INLINE V Zero() {
  return hn::Zero(kD);
}

/// Where a panel begins, and which of its columns: those of each block from `column` on.
struct Place {
  const PackedMatrix& matrix;
  std::int64_t panel, column;

  const std::byte* begin(std::int64_t width) const { return matrix.panel(panel) + column * width; }
};

template <int R, int C>
HWY_INLINE void AddTo(Tile& tile, const V (&even)[R][C], const V (&odd)[R][C]) {
  for (int r = 0; r < R; ++r)
    for (int c = 0; c < C; ++c) {
      float* const sum = tile.sums[r][c];
      hn::Store(hn::Load(kD, sum) + (even[r][c] + odd[r][c]), kD, sum);
    }
}

template <int R, int C>
HWY_INLINE void Clear(V (&sums)[R][C]) {
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sums[r][c] = Zero();
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
    const std::int64_t K = place.matrix.depth();
    V even[R][C], odd[R][C];
    Clear(even);
    Clear(odd);
    for (std::int64_t k = 0; k < K; k += 2, panel += 2 * C * kBlock) {
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        __builtin_prefetch(reinterpret_cast<const std::byte*>(panel + c * kBlock) + kAhead);
        const V w = hn::LoadU(kD, panel + c * kBlock);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r)
          even[r][c] = hn::MulAdd(hn::Set(kD, x[r * rows.stride + k]), w, even[r][c]);
      }
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        __builtin_prefetch(reinterpret_cast<const std::byte*>(panel + (C + c) * kBlock) + kAhead);
        const V w = hn::LoadU(kD, panel + (C + c) * kBlock);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r)
          odd[r][c] = hn::MulAdd(hn::Set(kD, x[r * rows.stride + k + 1]), w, odd[r][c]);
      }
    }
    AddTo(tile, even, odd);
  }
};

struct Bfloat16 {
  template <int R, int C>
  static HWY_INLINE void Multiply(const Place& place, const DecodingRows& rows, std::int64_t row,
                                  Tile& tile) {
    const auto* panel = reinterpret_cast<const std::int32_t*>(place.begin(sizeof(std::int32_t)));
    const float* const x = rows.x + row * rows.stride;
    const std::int64_t K = place.matrix.depth();
    const VInt upper = hn::Set(kDInt, static_cast<std::int32_t>(0xffff0000));
    V even[R][C], odd[R][C];
    Clear(even);
    Clear(odd);
    for (std::int64_t k = 0; k < K; k += 2, panel += C * kBlock) {
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        __builtin_prefetch(reinterpret_cast<const std::byte*>(panel + c * kBlock) + kAhead);
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
    AddTo(tile, even, odd);
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
    const std::int64_t K = place.matrix.depth();
    PairSums sums[R][C];
    for (std::int64_t k = 0; k < K; k += 2, panel += 2 * C * kBlock) {
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) {
        __builtin_prefetch(panel + 2 * c * kBlock + kAhead);
#pragma GCC unroll 4
        for (int r = 0; r < R; ++r)
          sums[r][c].Add(panel + 2 * c * kBlock, rows.quantised->row(row + r) + k);
      }
    }
    for (int r = 0; r < R; ++r) {
      const V scale = hn::Set(kD, rows.quantised->scale(row + r));
      for (int c = 0; c < C; ++c) {
        const V unit = hn::LoadU(kD, place.matrix.scales(place.panel) + c * kBlock + place.column);
        float* const sum = tile.sums[r][c];
        hn::Store(hn::MulAdd(sums[r][c].Whole(), scale * unit, hn::Load(kD, sum)), kD, sum);
      }
    }
  }
};

template <class Format, int R>
HWY_INLINE void MultiplyBlocks(int blocks, const Place& place, const DecodingRows& rows,
                               std::int64_t row, Tile& tile) {
  switch (blocks) {
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
  const int blocks = place.matrix.blocks(place.panel);
  if (count == kMaxRows) return MultiplyBlocks<Format, kMaxRows>(blocks, place, rows, row, tile);
  MultiplyBlocks<Format, 1>(blocks, place, rows, row, tile);
}

/// tile += rows … row+count-1 times the columns of a panel.
void Multiply(int count, const Place& place, const DecodingRows& rows, std::int64_t row,
              Tile& tile) {
  switch (place.matrix.format()) {
    case WeightFormat::f32:
      return MultiplyRows<Float32>(count, place, rows, row, tile);
    case WeightFormat::bf16:
      return MultiplyRows<Bfloat16>(count, place, rows, row, tile);
    case WeightFormat::int8:
      return MultiplyRows<Integer8>(count, place, rows, row, tile);
  }
}

/// Calls f(row, count) for tiles of kMaxRows rows, then single ones.
template <class Function>
HWY_INLINE void ForTiles(std::int64_t rows, const Function& f) {
  std::int64_t row = 0;
  for (; row + kMaxRows <= rows; row += kMaxRows) f(row, kMaxRows);
  for (; row < rows; ++row) f(row, 1);
}

/// The next kLanes floats, or as many as are left, then zeros.
HWY_INLINE V LoadSome(const float* from, std::int64_t left) {
  if (HWY_LIKELY(left >= kLanes)) return hn::LoadU(kD, from);
  HWY_ALIGN float lanes[kLanes] = {};
  if (left > 0) std::memcpy(lanes, from, static_cast<std::size_t>(left) * sizeof(float));
  return hn::Load(kD, lanes);
}

HWY_INLINE void StoreSome(V value, float* to, std::int64_t left) {
  if (HWY_LIKELY(left >= kLanes)) return hn::StoreU(value, kD, to);
  HWY_ALIGN float lanes[kLanes];
  hn::Store(value, kD, lanes);
  if (left > 0) std::memcpy(to, lanes, static_cast<std::size_t>(left) * sizeof(float));
}

/// The sums of one step, tile by tile.
class Layer {
 public:
  Layer(const DecodingLayer& layer, const DecodingStep& step)
      : layer_(layer),
        step_(step),
        gates_(static_cast<int>(kernels::gates_of(layer.kind))),
        padded_((layer.hidden + kBlock - 1) / kBlock * kBlock) {}

  void Run(std::int64_t begin, std::int64_t end) const {
    for (std::int64_t panel = begin; panel < end; ++panel)
      ForTiles(step_.rows, [&](std::int64_t row, int count) HWY_ATTR {
        for (std::int64_t column = 0; column < kBlock; column += kLanes)
          RunTile(panel, column, row, count);
      });
  }

 private:
  /// With one gate a panel has several blocks of units, else one block of each gate.
  std::int64_t UnitOf(std::int64_t panel, int block, std::int64_t column) const {
    return (gates_ == 1 ? panel * kMaxBlocks + block : panel) * kBlock + column;
  }

  HWY_INLINE void RunTile(std::int64_t panel, std::int64_t column, std::int64_t row,
                          int count) const {
    const int blocks = layer_.recurrent.blocks(panel);
    Tile input, recurrent;  // a gru's gate n needs the two apart
    for (int r = 0; r < count; ++r)
      for (int c = 0; c < blocks; ++c) Begin(input.sums[r][c], row + r, panel, c, column);
    if (layer_.input.defined())
      Multiply(count, {layer_.input, panel, column}, step_.input, row, input);
    const bool apart = layer_.kind == Recurrent::gru;
    if (apart) {
      for (int r = 0; r < count; ++r)
        for (int c = 0; c < blocks; ++c) hn::Store(Zero(), kD, recurrent.sums[r][c]);
    }
    Multiply(count, {layer_.recurrent, panel, column}, step_.before, row,
             apart ? recurrent : input);
    for (int r = 0; r < count; ++r)
      Finish(input.sums[r], recurrent.sums[r], row + r, panel, column);
  }

  /// sum = bias + the token's row of the table.
  HWY_INLINE void Begin(float* sum, std::int64_t row, std::int64_t panel, int block,
                        std::int64_t column) const {
    const int gate = gates_ == 1 ? 0 : block;
    const std::int64_t unit = UnitOf(panel, block, column);
    V value = hn::LoadU(kD, layer_.bias + gate * padded_ + unit);
    if (layer_.table != nullptr) {
      const std::int32_t id = step_.ids[row];
      if (id >= 0 && id < layer_.classes)
        value =
            value + LoadSome(layer_.table + id * layer_.table_row + gate * layer_.table_gate + unit,
                             layer_.hidden - unit);
    }
    hn::Store(value, kD, sum);
  }

  HWY_INLINE void Finish(const float (&a)[kMaxBlocks][kLanes], const float (&u)[kMaxBlocks][kLanes],
                         std::int64_t row, std::int64_t panel, std::int64_t column) const {
    const std::int64_t at = row * step_.before.stride;
    const std::int64_t unit = UnitOf(panel, 0, column);
    switch (layer_.kind) {
      case Recurrent::rnn_tanh:
      case Recurrent::rnn_relu:
        for (int c = 0; c < layer_.recurrent.blocks(panel); ++c) {
          const V sum = hn::Load(kD, a[c]);
          const V h = layer_.kind == Recurrent::rnn_tanh ? math::vector_tanh(kD, sum)
                                                         : hn::Max(Zero(), sum);
          hn::StoreU(h, kD, step_.after + at + UnitOf(panel, c, column));
        }
        return;
      case Recurrent::lstm:
      case Recurrent::lstm_peephole:
        return FinishLstm(a, at + unit, unit);
      case Recurrent::gru:
        return FinishGru(a, u, at + unit, unit);
    }
  }

  HWY_INLINE void FinishLstm(const float (&a)[kMaxBlocks][kLanes], std::int64_t at,
                             std::int64_t unit) const {
    const V before = hn::LoadU(kD, step_.memory + at);
    V i = hn::Load(kD, a[0]), f = hn::Load(kD, a[1]), o = hn::Load(kD, a[3]);
    const bool peepholes = layer_.kind == Recurrent::lstm_peephole;
    const float* const P = layer_.extra + unit;
    if (peepholes) {
      i = hn::MulAdd(before, hn::LoadU(kD, P), i);
      f = hn::MulAdd(before, hn::LoadU(kD, P + padded_), f);
    }
    const V c = hn::MulAdd(math::vector_sigmoid(kD, f), before,
                           math::vector_sigmoid(kD, i) * math::vector_tanh(kD, hn::Load(kD, a[2])));
    if (peepholes) o = hn::MulAdd(c, hn::LoadU(kD, P + 2 * padded_), o);
    hn::StoreU(c, kD, step_.memory + at);
    hn::StoreU(math::vector_sigmoid(kD, o) * math::vector_tanh(kD, c), kD, step_.after + at);
  }

  HWY_INLINE void FinishGru(const float (&a)[kMaxBlocks][kLanes],
                            const float (&u)[kMaxBlocks][kLanes], std::int64_t at,
                            std::int64_t unit) const {
    const V z = math::vector_sigmoid(kD, hn::Load(kD, a[0]) + hn::Load(kD, u[0]));
    const V r = math::vector_sigmoid(kD, hn::Load(kD, a[1]) + hn::Load(kD, u[1]));
    const V q = hn::Load(kD, u[2]) + hn::LoadU(kD, layer_.extra + unit);
    const V n = math::vector_tanh(kD, hn::MulAdd(r, q, hn::Load(kD, a[2])));
    const V before = hn::LoadU(kD, step_.before.x + at);
    hn::StoreU(hn::MulAdd(z, before - n, n), kD, step_.after + at);
  }

  const DecodingLayer& layer_;
  const DecodingStep& step_;
  int gates_;
  std::int64_t padded_;
};

void DecodeLayer(const DecodingLayer& layer, const DecodingStep& step, std::int64_t begin,
                 std::int64_t end) {
  Layer(layer, step).Run(begin, end);
}

void DecodeColumns(const PackedMatrix& M, const float* bias, std::int64_t rows,
                   const DecodingRows& x, std::int64_t columns, float* y, std::int64_t begin,
                   std::int64_t end) {
  for (std::int64_t panel = begin; panel < end; ++panel)
    ForTiles(rows, [&](std::int64_t row, int count) HWY_ATTR {
      for (std::int64_t column = 0; column < kBlock; column += kLanes) {
        const std::int64_t first = panel * kMaxBlocks * kBlock + column;
        Tile tile;
        for (int r = 0; r < count; ++r)
          for (int c = 0; c < M.blocks(panel); ++c)
            hn::Store(LoadSome(bias + first + c * kBlock, columns - first - c * kBlock), kD,
                      tile.sums[r][c]);
        Multiply(count, {M, panel, column}, x, row, tile);
        for (int r = 0; r < count; ++r)
          for (int c = 0; c < M.blocks(panel); ++c) {
            const std::int64_t n = first + c * kBlock;
            StoreSome(hn::Load(kD, tile.sums[r][c]), y + (row + r) * columns + n, columns - n);
          }
      }
    });
}

float QuantiseRow(std::int64_t n, const float* x, float most, std::int16_t* q) {
  V largest = Zero(), spoilt = Zero();
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const V value = hn::LoadU(kD, x + i);
    largest = hn::Max(hn::Abs(value), largest);
    spoilt = hn::MulAdd(value, Zero(), spoilt);  // what is no number spoils the row
  }
  const float magnitude =
      hn::GetLane(hn::MaxOfLanes(kD, largest)) + hn::GetLane(hn::SumOfLanes(kD, spoilt));
  const V inverse = hn::Set(kD, magnitude > 0 ? most / magnitude : 0.0F);
  const hn::Rebind<std::int16_t, D> shorts;
  for (std::int64_t i = 0; i < n; i += kLanes)
    hn::StoreU(hn::DemoteTo(shorts, hn::NearestInt(hn::LoadU(kD, x + i) * inverse)), shorts, q + i);
  return magnitude / most;
}

}  // namespace unroll::decoding::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll::decoding {
HWY_EXPORT(DecodeLayer);
HWY_EXPORT(DecodeColumns);
HWY_EXPORT(QuantiseRow);
}  // namespace unroll::decoding

namespace unroll::kernels {

using namespace unroll::decoding;

void decode_layer(const DecodingLayer& layer, const DecodingStep& step, std::int64_t begin,
                  std::int64_t end) {
  HWY_DYNAMIC_DISPATCH(DecodeLayer)(layer, step, begin, end);
}

void decode_columns(const PackedMatrix& M, const float* bias, std::int64_t rows,
                    const DecodingRows& x, std::int64_t columns, float* y, std::int64_t begin,
                    std::int64_t end) {
  HWY_DYNAMIC_DISPATCH(DecodeColumns)(M, bias, rows, x, columns, y, begin, end);
}

float quantise_row(std::int64_t n, const float* x, float most, std::int16_t* q) {
  return HWY_DYNAMIC_DISPATCH(QuantiseRow)(n, x, most, q);
}

}  // namespace unroll::kernels
#endif
