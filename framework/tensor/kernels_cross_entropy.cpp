// Compiled once for each instruction set; the best one is chosen when the program runs.
#include <unroll/tensor/kernels_cross_entropy.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_cross_entropy.cpp"
#include <hwy/foreach_target.h>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>
#include <unroll/tensor/vector_math-inl.hpp>

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

using namespace vector_math::HWY_NAMESPACE;

using kernels::LogitRows;

using D = hn::CappedTag<float, kernels::kLogitPadding>;
using V = hn::Vec<D>;
constexpr std::int64_t kGroup = 64;  ///< rows between logarithms

struct Row {
  float maximum, sum, of_target;
  bool likeliest;  ///< the target is the first of the largest
};

/// Calls f(i, within) for the vectors of a row, which begin at i. The last is read and written
/// whole, since a masked store would keep the next load waiting; `within` makes what lies beyond
/// the row's end less than anything.
template <class F>
HWY_INLINE void each_vector(std::int64_t n, F f) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f(i, [](V v) HWY_ATTR { return v; });
  if (i == n) return;
  const auto row = hn::FirstN(d, static_cast<std::size_t>(n - i));
  const V nothing = hn::Neg(hn::Inf(d));
  f(i, [=](V v) HWY_ATTR { return hn::IfThenElse(row, v, nothing); });
}

using I = hn::Vec<hn::RebindToSigned<D>>;

/// Of a vector at `i`, whose lanes are numbered from 0 in `lane`.
HWY_INLINE hn::Mask<D> is_before(I lane, std::int64_t i, std::int32_t target) {
  const hn::RebindToSigned<D> di;
  return hn::RebindMask(D(), hn::Lt(lane, hn::Set(di, target - static_cast<std::int32_t>(i))));
}
HWY_INLINE hn::Mask<D> is_target(I lane, std::int64_t i, std::int32_t target) {
  const hn::RebindToSigned<D> di;
  return hn::RebindMask(D(), hn::Eq(lane, hn::Set(di, target - static_cast<std::int32_t>(i))));
}

/// exp(x) for x <= 0.
HWY_INLINE V exp_below(V x) {
  const D d;
  const V lowest = hn::Set(d, -86.6f);
  const auto below = hn::Lt(x, lowest);  // not if NaN, which Max might lose
  return hn::IfThenZeroElse(below, exp_within(d, hn::IfThenElse(below, lowest, x)));
}

/// Adds the bias and replaces the row by exp(x - maximum).
HWY_INLINE Row exponentials(const LogitRows& block, I lane, float* x, std::int32_t target) {
  const D d;
  V best = hn::Neg(hn::Inf(d)), total = hn::Zero(d);
  each_vector(block.classes, [&](std::int64_t i, auto within) HWY_ATTR {
    const V v = within(hn::Add(hn::LoadU(d, x + i), hn::LoadU(d, block.bias + i)));
    best = hn::Max(best, v);
    hn::StoreU(v, d, x + i);
  });
  const float of_target = x[target];
  const V maximum = hn::MaxOfLanes(d, best);
  auto earlier = hn::MaskFromVec(hn::Zero(d));
  each_vector(block.classes, [&](std::int64_t i, auto) HWY_ATTR {
    const V v = hn::LoadU(d, x + i);
    earlier = hn::Or(earlier, hn::And(hn::Eq(v, maximum), is_before(lane, i, target)));
    const V e = exp_below(hn::Sub(v, maximum));
    total = hn::Add(total, e);
    hn::StoreU(e, d, x + i);
  });
  const float largest = hn::GetLane(maximum);
  return {largest, hn::GetLane(hn::SumOfLanes(d, total)), of_target,
          static_cast<bool>((largest == of_target) & hn::AllFalse(d, earlier))};
}

/// From exp(x - maximum) to the gradient, which is added to that of the bias as well.
HWY_INLINE void gradients(const LogitRows& block, I lane, float* x, std::int32_t target,
                          float sum) {
  const D d;
  const V factor = hn::Set(d, block.scale / sum), scale = hn::Set(d, block.scale);
  each_vector(block.classes, [&](std::int64_t i, auto) HWY_ATTR {
    const V hit = hn::IfThenElseZero(is_target(lane, i, target), scale);
    const V g = hn::MulSub(factor, hn::LoadU(d, x + i), hit);
    hn::StoreU(g, d, x + i);
    float* const sums = block.bias_gradient + i;
    hn::StoreU(hn::Add(hn::LoadU(d, sums), g), d, sums);
  });
}

std::int64_t loss_rows(const LogitRows& block, float* losses) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const I lane = hn::Iota(hn::RebindToSigned<D>(), 0);
  std::int64_t likeliest = 0;
  for (std::int64_t first = 0; first < block.rows; first += kGroup) {
    const std::int64_t count = std::min(kGroup, block.rows - first);
    HWY_ALIGN float sums[kGroup], offsets[kGroup];
    std::fill(sums, sums + kGroup, 1.0f);
    std::fill(offsets, offsets + kGroup, 0.0f);
    for (std::int64_t r = 0; r < count; ++r) {
      float* const x = block.logits + (first + r) * block.stride;
      const std::int32_t target = block.targets[first + r];
      if (target < 0) {
        std::fill(x, x + block.classes, 0.0f);
        continue;
      }
      const Row row = exponentials(block, lane, x, target);
      sums[r] = row.sum;
      offsets[r] = row.maximum - row.of_target;
      likeliest += row.likeliest ? 1 : 0;
      if (block.bias_gradient != nullptr) gradients(block, lane, x, target, row.sum);
    }
    for (std::int64_t r = 0; r < kGroup; r += lanes) {
      const V sum = hn::Load(d, sums + r);
      const V log = hn::IfThenElse(hn::IsNaN(sum), sum, hn::Log(d, sum));  // Log hides it
      hn::Store(hn::Add(log, hn::Load(d, offsets + r)), d, offsets + r);
    }
    std::copy_n(offsets, count, losses + first);
  }
  return likeliest;
}

}  // namespace
}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
HWY_EXPORT(loss_rows);

std::int64_t kernels::softmax_cross_entropy(const LogitRows& block, float* losses) {
  return HWY_DYNAMIC_DISPATCH(loss_rows)(block, losses);
}

}  // namespace unroll
#endif
