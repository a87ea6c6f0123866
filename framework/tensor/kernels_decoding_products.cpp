// Products with packed weights. Compiled once for each instruction set.
#include <unroll/tensor/kernels_decoding.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_decoding_products.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/highway.h>

#include <unroll/tensor/decoding_products-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::decoding::HWY_NAMESPACE {

using kernels::PanelRange;

/// Calls take(row, column, sum) for kLanes columns of a row of the product.
template <class Take>
HWY_INLINE void ForSums(const PackedMatrix& M, std::int64_t rows, const DecodingRows& x,
                        PanelRange range, const Take& take) {
  const Panels panels(M);
  const std::int64_t width = M.blocks(0) * kBlock;  // of every panel but the last one
  ForTiles(range, rows,
           [&](std::int64_t panel, std::int64_t column, std::int64_t row, int count) HWY_ATTR {
             Tile tile;
             Multiply(count, {panels, panel, column}, x, row, tile);
             for (int r = 0; r < count; ++r)
               for (int c = 0; c < M.blocks(panel); ++c)
                 take(row + r, panel * width + c * kBlock + column, tile.at(r, c));
           });
}

void DecodeProducts(const PackedMatrix& M, std::int64_t rows, const DecodingRows& x, float* sums,
                    PanelRange panels) {
  const std::int64_t width = M.width();
  ForSums(M, rows, x, panels, [=](std::int64_t row, std::int64_t column, V sum) HWY_ATTR {
    hn::StoreU(sum, kD, sums + row * width + column);
  });
}

void DecodeColumns(const PackedMatrix& M, const float* bias, std::int64_t rows,
                   const DecodingRows& x, std::int64_t columns, float* y, PanelRange panels) {
  ForSums(M, rows, x, panels, [=](std::int64_t row, std::int64_t column, V sum) HWY_ATTR {
    const std::int64_t left = columns - column;
    StoreSome(LoadSome(bias + column, left) + sum, y + row * columns + column, left);
  });
}

float QuantiseRow(std::int64_t n, const float* x, float most, std::int16_t* q) {
  V largest = hn::Zero(kD), spoilt = hn::Zero(kD);
  for (std::int64_t i = 0; i < n; i += kLanes) {
    const V value = hn::LoadU(kD, x + i);
    largest = hn::Max(hn::Abs(value), largest);
    spoilt = hn::MulAdd(value, hn::Zero(kD), spoilt);  // what is no number spoils the row
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
HWY_EXPORT(DecodeProducts);
HWY_EXPORT(DecodeColumns);
HWY_EXPORT(QuantiseRow);
}  // namespace unroll::decoding

namespace unroll::kernels {

using namespace unroll::decoding;

void decode_products(const PackedMatrix& M, std::int64_t rows, const DecodingRows& x, float* sums,
                     PanelRange panels) {
  HWY_DYNAMIC_DISPATCH(DecodeProducts)(M, rows, x, sums, panels);
}

void decode_columns(const PackedMatrix& M, const float* bias, std::int64_t rows,
                    const DecodingRows& x, std::int64_t columns, float* y, PanelRange panels) {
  HWY_DYNAMIC_DISPATCH(DecodeColumns)(M, bias, rows, x, columns, y, panels);
}

float quantise_row(std::int64_t n, const float* x, float most, std::int16_t* q) {
  return HWY_DYNAMIC_DISPATCH(QuantiseRow)(n, x, most, q);
}

}  // namespace unroll::kernels
#endif
