// What both directions of a recurrence in mixed precision share. Part of
// kernels_recurrent_bf16_*.cpp.

// clang-format off
#if defined(UNROLL_TENSOR_BF16_RECURRENT_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_TENSOR_BF16_RECURRENT_INL_HPP_
#undef UNROLL_TENSOR_BF16_RECURRENT_INL_HPP_
#else
#define UNROLL_TENSOR_BF16_RECURRENT_INL_HPP_
#endif
// clang-format on

#include <unroll/tensor/bf16_lanes-inl.hpp>
#include <unroll/tensor/recurrent_steps-inl.hpp>
#include <unroll/tensor/vector_math-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::bf16::HWY_NAMESPACE {
namespace math = vector_math::HWY_NAMESPACE;
using namespace steps::HWY_NAMESPACE;

constexpr std::int64_t kPanel = kPanelBlocks * kBlock;
constexpr std::int64_t kRows = 48;  ///< whose sums with a panel are made in one go

HWY_INLINE void StoreRounded(V value, Bf16* to, std::int64_t left) {
  if (HWY_LIKELY(left >= kLanes)) {
    StoreRounded(value, to);
  } else {
    HWY_ALIGN Bf16 lanes[kLanes];
    StoreRounded(value, lanes);
    std::memcpy(to, lanes, static_cast<std::size_t>(left) * sizeof(Bf16));
  }
}

/// Brings `count` floats of each of some rows into the cache; any address will do.
HWY_INLINE void Fetch(const float* from, std::int64_t stride, std::int64_t rows,
                      std::int64_t count) {
  for (std::int64_t row = 0; row < rows; ++row, from += stride)
    for (std::int64_t i = 0; i < count; i += kLine) __builtin_prefetch(from + i, 0, 2);
}

/// Memory of the engine's pool for so many values.
inline Tensor Room(std::int64_t values) {
  return Tensor::empty({(values + 1) / 2});
}
inline Bf16* ValuesOf(const Tensor& tensor) {
  return static_cast<Bf16*>(tensor.raw());
}

/// Into how many shares a batch is cut: one for each thread, unless it is small.
inline std::int64_t SharesOf(std::int64_t batch) {
  constexpr std::int64_t kFew = 6;  // a tile's worth
  const std::int64_t most = std::max<std::int64_t>(1, Engine::get().threads());
  return std::min(most, (batch + kFew - 1) / kFew);
}

/// Calls f(share, begin, end) for an even share of the batch in each thread.
template <class Function>
void ShareRows(std::int64_t batch, const Function& f) {
  const std::int64_t shares = SharesOf(batch);
  parallel_for(shares, [&](std::int64_t share) {
    f(share, batch * share / shares, batch * (share + 1) / shares);
  });
}

}  // namespace unroll::bf16::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
