// exp, sigmoid and tanh of float32 vectors, for kernels that Highway compiles once for each
// instruction set. Include after highway.h, inside a file that foreach_target.h includes again.
//
// Polynomials fitted here (least squares at Chebyshev nodes): exp is within 2 ulp, sigmoid and
// tanh within 4e-7 relative of the true value wherever that is a normal number. NaN stays NaN.

#if defined(UNROLL_TENSOR_GATE_MATH_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_TENSOR_GATE_MATH_INL_HPP_
#undef UNROLL_TENSOR_GATE_MATH_INL_HPP_
#else
#define UNROLL_TENSOR_GATE_MATH_INL_HPP_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace unroll::recurrent::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// x bounded to [low, high]; NaN passes through.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Bounded(D d, V x, float low, float high) {
  // The second operand is what comes back when one of them is NaN.
  return hn::Min(hn::Set(d, high), hn::Max(hn::Set(d, low), x));
}

/// 1 / x for x in the normal range: the processor's estimate and Newton's steps where that is
/// faster than a division.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Reciprocal(D d, V x) {
#if HWY_TARGET <= HWY_AVX3
  const V estimate = hn::ApproximateReciprocal(x);  // 14 bits
  return hn::Mul(estimate, hn::NegMulAdd(x, estimate, hn::Set(d, 2.0f)));
#else
  return hn::Div(hn::Set(d, 1.0f), x);
#endif
}

/// e^x for |x| <= 87; beyond, the value at that bound.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Exp(D d, V x) {
  const hn::RebindToSigned<D> di;
  x = Bounded(d, x, -87.0f, 87.0f);
  const V n = hn::Round(hn::Mul(x, hn::Set(d, 1.44269504f)));
  V r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x);  // ln 2 in two parts
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  V p = hn::Set(d, 0.00137511503f);
  p = hn::MulAdd(p, r, hn::Set(d, 0.00836898724f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.0416695443f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.166665179f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.499999885f));
  p = hn::MulAdd(p, hn::Mul(r, r), hn::Add(r, hn::Set(d, 1.0f)));
  const auto exponent = hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127));
  return hn::Mul(p, hn::BitCast(d, hn::ShiftLeft<23>(exponent)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Sigmoid(D d, V x) {
  return Reciprocal(d, hn::Add(hn::Set(d, 1.0f), Exp(d, hn::Neg(x))));
}

/// x P(x²) / Q(x²), which rounds to ±1 from |x| = 9 on.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Tanh(D d, V x) {
  x = Bounded(d, x, -9.0f, 9.0f);
  const V z = hn::Mul(x, x);
  V p = hn::Set(d, 1.33550122e-8f);
  p = hn::MulAdd(p, z, hn::Set(d, 2.06093646e-5f));
  p = hn::MulAdd(p, z, hn::Set(d, 3.49560659e-3f));
  p = hn::MulAdd(p, z, hn::Set(d, 0.133810416f));
  p = hn::MulAdd(p, z, hn::Set(d, 1.0f));
  V q = hn::Set(d, 7.77671005e-7f);
  q = hn::MulAdd(q, z, hn::Set(d, 3.28566413e-4f));
  q = hn::MulAdd(q, z, hn::Set(d, 0.0258770529f));
  q = hn::MulAdd(q, z, hn::Set(d, 0.467143565f));
  q = hn::MulAdd(q, z, hn::Set(d, 1.0f));
  return hn::Mul(hn::Mul(x, p), Reciprocal(d, q));
}

}  // namespace unroll::recurrent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
