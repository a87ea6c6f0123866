#include <unroll/tensor/kernels_sampling.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_sampling.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <limits>

HWY_BEFORE_NAMESPACE();
namespace unroll::choosing::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

std::int64_t LargestPlace(std::int64_t n, const float* x) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  auto best = hn::Set(d, kLowest);
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto v = hn::LoadU(d, x + i);
    best = hn::IfThenElse(hn::Gt(v, best), v, best);  // false for NaN
  }
  float largest = hn::GetLane(hn::MaxOfLanes(d, best));
  for (; i < n; ++i)
    if (x[i] > largest) largest = x[i];
  if (largest == kLowest) return -1;
  const auto wanted = hn::Set(d, largest);
  for (i = 0; i + lanes <= n; i += lanes) {
    const std::intptr_t found = hn::FindFirstTrue(d, hn::Eq(hn::LoadU(d, x + i), wanted));
    if (found >= 0) return i + found;
  }
  for (; i < n; ++i)
    if (x[i] == largest) break;
  return i;
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Weight(D d, V x, double largest, double temperature) {
  const V below = hn::Sub(x, hn::Set(d, largest));
  const V power = hn::Div(below, hn::Set(d, temperature));
  // Spelt out, since 0 / a denormal temperature must stay 1; NaN is not equal to itself.
  const V weight = hn::IfThenElse(hn::Eq(below, hn::Zero(d)), hn::Set(d, 1.0), hn::Exp(d, power));
  return hn::IfThenElseZero(hn::Ge(power, hn::Set(d, -745.0)), weight);
}

void ExponentialWeights(std::int64_t n, const float* x, float largest, double temperature,
                        double* weights) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> narrow;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(Weight(d, hn::PromoteTo(d, hn::LoadU(narrow, x + i)), largest, temperature), d,
               weights + i);
  if (i == n) return;
  HWY_ALIGN float last[hn::MaxLanes(decltype(d)())] = {};
  HWY_ALIGN double weight[hn::MaxLanes(decltype(d)())];
  for (std::int64_t k = i; k < n; ++k) last[k - i] = x[k];
  hn::Store(Weight(d, hn::PromoteTo(d, hn::LoadU(narrow, last)), largest, temperature), d, weight);
  for (std::int64_t k = i; k < n; ++k) weights[k] = weight[k - i];
}

}  // namespace unroll::choosing::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll::choosing {
HWY_EXPORT(LargestPlace);
HWY_EXPORT(ExponentialWeights);
}  // namespace unroll::choosing

namespace unroll::kernels {

using namespace unroll::choosing;

std::int64_t largest_place(std::int64_t n, const float* x) {
  return HWY_DYNAMIC_DISPATCH(LargestPlace)(n, x);
}

void exponential_weights(std::int64_t n, const float* x, float largest, double temperature,
                         double* weights) {
  HWY_DYNAMIC_DISPATCH(ExponentialWeights)(n, x, largest, temperature, weights);
}

}  // namespace unroll::kernels
#endif
