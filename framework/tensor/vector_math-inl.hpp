// Vector exp, sigmoid and tanh over Highway lanes, compiled once per instruction set. Include
// after hwy/highway.h in a file that uses foreach_target.h. float only; NaN stays NaN.
//
// exp: x = n ln 2 + r, a polynomial of degree 6 in r and 2^n by exponent bits. tanh: a rational
// function. Both were fitted by least squares at Chebyshev nodes; exp is within 2 ulp, sigmoid and
// tanh are within 4e-7 relative wherever the true value is a normal number.

// clang-format off
#if defined(UNROLL_VECTOR_MATH_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_VECTOR_MATH_INL_HPP
#undef UNROLL_VECTOR_MATH_INL_HPP
#else
#define UNROLL_VECTOR_MATH_INL_HPP
#endif
// clang-format on

#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The lanes of a mask of the first few, the rest zero; p may end there and needs no alignment,
/// which Highway's own MaskedLoad before AVX2 asks for.
template <class D, class M, class V = hn::Vec<D>>
HWY_INLINE V load_first(M mask, D d, const float* p) {
#if HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(mask, d, p);
#else
  HWY_ALIGN float lanes[hn::MaxLanes(D())] = {};
  std::memcpy(lanes, p, hn::CountTrue(d, mask) * sizeof(float));
  return hn::Load(d, lanes);
#endif
}

/// x bounded to [low, high].
template <class D, class V = hn::Vec<D>>
HWY_INLINE V bounded(D d, V x, float low, float high) {
  // The second operand is what comes back when one of them is NaN.
  return hn::Min(hn::Set(d, high), hn::Max(hn::Set(d, low), x));
}

/// exp(x) for -86.6 <= x <= 88.72.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_within(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504f)));
  auto r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);  // ln 2 in two parts
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  auto p = hn::Set(d, 1.37511503e-3f);
  p = hn::MulAdd(p, r, hn::Set(d, 8.36898724e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.16695443e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.66665179e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.99999885e-1f));
  p = hn::MulAdd(p, hn::Mul(r, r), hn::Add(r, hn::Set(d, 1.0f)));
  // 2^(n-1), then doubled: n is at most 128 and 2^128 is no float.
  const auto bits = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 126)));
  return hn::Mul(hn::Add(p, p), hn::BitCast(d, bits));
}

/// exp(x); exactly 0 below -86.6 and infinity above 88.7.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_exp(D d, V x) {
  const auto below = hn::Lt(x, hn::Set(d, -86.6f)), above = hn::Gt(x, hn::Set(d, 88.72f));
  const auto result = exp_within(d, bounded(d, x, -86.6f, 88.72f));
  return hn::IfThenElse(above, hn::Inf(d), hn::IfThenZeroElse(below, result));
}

/// 1 / x for x in the normal range: the processor's estimate and a step of Newton's method where
/// that is exact enough and faster than a division.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V reciprocal(D d, V x) {
#if HWY_TARGET <= HWY_AVX3
  const V estimate = hn::ApproximateReciprocal(x);  // 14 bits
  return hn::Mul(estimate, hn::NegMulAdd(x, estimate, hn::Set(d, 2.0f)));
#else
  return hn::Div(hn::Set(d, 1.0f), x);
#endif
}

/// 1 / (1 + exp(-x)); exactly 0 below -86.6.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_sigmoid(D d, V x) {
  const V e = exp_within(d, bounded(d, hn::Neg(x), -86.6f, 86.6f));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -86.6f)),
                            reciprocal(d, hn::Add(hn::Set(d, 1.0f), e)));
}

/// x P(x²) / Q(x²); exactly ±1 from |x| = 9 on.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_tanh(D d, V x) {
  x = bounded(d, x, -9.0f, 9.0f);
  const auto z = hn::Mul(x, x);
  auto p = hn::Set(d, 1.33550122e-8f);
  p = hn::MulAdd(p, z, hn::Set(d, 2.06093646e-5f));
  p = hn::MulAdd(p, z, hn::Set(d, 3.49560659e-3f));
  p = hn::MulAdd(p, z, hn::Set(d, 0.133810416f));
  p = hn::MulAdd(p, z, hn::Set(d, 1.0f));
  auto q = hn::Set(d, 7.77671005e-7f);
  q = hn::MulAdd(q, z, hn::Set(d, 3.28566413e-4f));
  q = hn::MulAdd(q, z, hn::Set(d, 0.0258770529f));
  q = hn::MulAdd(q, z, hn::Set(d, 0.467143565f));
  q = hn::MulAdd(q, z, hn::Set(d, 1.0f));
  return bounded(d, hn::Mul(hn::Mul(x, p), reciprocal(d, q)), -1.0f, 1.0f);
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
