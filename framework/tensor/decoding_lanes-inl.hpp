// Vectors of a panel's columns, and rows that end within one. Compiled once per instruction set:
// include after hwy/highway.h in a file that uses foreach_target.h.

// clang-format off
#if defined(UNROLL_DECODING_LANES_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_DECODING_LANES_INL_HPP
#undef UNROLL_DECODING_LANES_INL_HPP
#else
#define UNROLL_DECODING_LANES_INL_HPP
#endif
// clang-format on

#include <hwy/highway.h>

#include <cstring>

#include <unroll/tensor/packed_matrix.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::decoding::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, PackedMatrix::kBlock>;
using V = hn::Vec<D>;
constexpr D kD;
constexpr std::int64_t kBlock = PackedMatrix::kBlock;
constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));
constexpr int kMaxBlocks = PackedMatrix::kBlocks;

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

}  // namespace unroll::decoding::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
