// bfloat16 tiles where the processor lacks the instruction: both halves of a pair become float32
// and are multiplied as such, in the instruction's own order. Compiled once for each instruction
// set; the best one is chosen when the program runs.
#include <algorithm>
#include <cstddef>

#include <unroll/tensor/bf16_tiles.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/bf16_tiles.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace unroll::bf16::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using D32 = hn::RebindToUnsigned<D>;
using V = hn::Vec<D>;
constexpr D kD;
constexpr D32 kD32;
constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));
static_assert(kBlock % kLanes == 0);
constexpr int kRows = 4;

HWY_INLINE V First(hn::Vec<D32> pairs) {
  return hn::BitCast(kD, hn::ShiftLeft<16>(pairs));
}
HWY_INLINE V Second(hn::Vec<D32> pairs) {
  return hn::BitCast(kD, hn::And(pairs, hn::Set(kD32, 0xffff0000U)));
}

/// One vector of columns of R rows.
template <int R>
HWY_INLINE void Tile(const Product& p, std::int64_t first, std::int64_t column) {
  const std::int64_t width = 2 * kBlock * blocks_of(p.columns);
  V sums[R];
  HWY_ALIGN float lanes[kLanes] = {};
  const std::int64_t left = std::min(kLanes, p.columns - column);
  if (p.bias != nullptr) std::copy_n(p.bias + column, left, lanes);
  for (int r = 0; r < R; ++r) sums[r] = hn::Load(kD, lanes);
  for (std::int64_t k = 0; k < p.pairs; ++k) {
    const auto b =
        hn::LoadU(kD32, reinterpret_cast<const std::uint32_t*>(p.panel + k * width + 2 * column));
    const V b0 = First(b), b1 = Second(b);
    for (int r = 0; r < R; ++r) {
      const Bf16* const a = p.a.data + (first + r) * p.a.row + k * p.a.pair;
      sums[r] = hn::MulAdd(hn::Set(kD, from_bf16(a[1])), b1, sums[r]);
      sums[r] = hn::MulAdd(hn::Set(kD, from_bf16(a[0])), b0, sums[r]);
    }
  }
  for (int r = 0; r < R; ++r) {
    float* const out = p.out + (first + r) * p.out_row + column;
    hn::Store(sums[r], kD, lanes);
    for (std::int64_t i = 0; i < left; ++i) out[i] = p.add ? out[i] + lanes[i] : lanes[i];
  }
}

bool UsesInstruction() {
#if defined(__x86_64__) && HWY_TARGET <= HWY_AVX3
  return has_instruction();
#else
  return false;
#endif
}

void Multiply(const Product& p) {
  if (UsesInstruction()) return multiply_natively(p);
  for (std::int64_t column = 0; column < p.columns; column += kLanes) {
    std::int64_t row = 0;
    for (; row + kRows <= p.rows; row += kRows) Tile<kRows>(p, row, column);
    for (; row < p.rows; ++row) Tile<1>(p, row, column);
  }
}

}  // namespace unroll::bf16::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll::bf16 {
HWY_EXPORT(Multiply);
HWY_EXPORT(UsesInstruction);

void multiply(const Product& product) {
  HWY_DYNAMIC_DISPATCH(Multiply)(product);
}

bool uses_instruction() noexcept {
  return HWY_DYNAMIC_DISPATCH(UsesInstruction)();
}

}  // namespace unroll::bf16
#endif
