// Rounding vectors of float32 to bfloat16. Part of files that use foreach_target.h.

// clang-format off
#if defined(UNROLL_TENSOR_BF16_LANES_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_TENSOR_BF16_LANES_INL_HPP_
#undef UNROLL_TENSOR_BF16_LANES_INL_HPP_
#else
#define UNROLL_TENSOR_BF16_LANES_INL_HPP_
#endif
// clang-format on

#include <hwy/highway.h>

#include <unroll/tensor/bf16.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::bf16::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using D32 = hn::RebindToUnsigned<D>;
using D16 = hn::Rebind<std::uint16_t, D>;
using V = hn::Vec<D>;
using U32 = hn::Vec<D32>;
constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));

/// As to_bf16, left in the upper half; the lower half is of no meaning.
HWY_INLINE U32 Rounded(V value) {
  const D32 d;
  const U32 bits = hn::BitCast(d, value);
  const U32 odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1));
  const U32 rounded = hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7fff)));
  const U32 quiet = hn::Or(bits, hn::Set(d, 0x400000));
  const auto is_nan = hn::RebindMask(d, hn::Ne(value, value));
  return hn::IfThenElse(is_nan, quiet, rounded);
}

/// The pairs of two vectors: `first` in the lower halves.
HWY_INLINE U32 Paired(U32 first, U32 second) {
  return hn::Or(hn::ShiftRight<16>(first), hn::And(second, hn::Set(D32(), 0xffff0000U)));
}

HWY_INLINE void StoreRounded(V value, Bf16* to) {
  const hn::RebindToSigned<D> d;
  hn::StoreU(hn::DemoteTo(D16(), hn::BitCast(d, hn::ShiftRight<16>(Rounded(value)))), D16(), to);
}

}  // namespace unroll::bf16::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
