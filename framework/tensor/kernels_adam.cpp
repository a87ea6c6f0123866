// Compiled once for each instruction set; the best one is chosen when the program runs.
#include <unroll/tensor/kernels_adam.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_adam.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>
#include <unroll/tensor/vector_math-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

using namespace vector_math::HWY_NAMESPACE;

void adam_weights(const kernels::AdamStep& s, std::int64_t n, const float* HWY_RESTRICT gradient,
                  float* HWY_RESTRICT m, float* HWY_RESTRICT v, float* HWY_RESTRICT w) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(d);
  const auto update = [&](std::size_t i, auto load, auto store) HWY_ATTR {
    const V before = load(w + i);
    const V g =
        hn::MulAdd(hn::Set(d, s.scale), load(gradient + i), hn::Mul(hn::Set(d, s.decay), before));
    const V mean = hn::MulAdd(hn::Set(d, s.beta1), load(m + i), hn::Mul(hn::Set(d, s.rest1), g));
    const V square =
        hn::MulAdd(hn::Set(d, s.beta2), load(v + i), hn::Mul(hn::Mul(hn::Set(d, s.rest2), g), g));
    const V spread = hn::MulAdd(hn::Sqrt(square), hn::Set(d, s.root), hn::Set(d, s.epsilon));
    const V way = hn::Div(hn::Mul(hn::Set(d, s.rate), mean), spread);
    store(mean, m + i);
    store(square, v + i);
    store(hn::MulSub(hn::Set(d, s.keep), before, way), w + i);
  };
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    update(
        i, [=](const float* p) HWY_ATTR { return hn::LoadU(d, p); },
        [=](V x, float* p) HWY_ATTR { hn::StoreU(x, d, p); });
  }
  if (i == count) return;
  const auto rest = hn::FirstN(d, count - i);
  update(
      i, [=](const float* p) HWY_ATTR { return load_first(rest, d, p); },
      [=](V x, float* p) HWY_ATTR { store_first(x, rest, d, p); });
}

}  // namespace
}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {
HWY_EXPORT(adam_weights);

void kernels::adam(const AdamStep& step, std::int64_t n, const float* gradient, float* m, float* v,
                   float* w) {
  HWY_DYNAMIC_DISPATCH(adam_weights)(step, n, gradient, m, v, w);
}

}  // namespace unroll
#endif
