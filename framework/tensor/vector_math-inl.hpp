// Vector exp, sigmoid and tanh over Highway lanes, compiled once per instruction set. Include
// after hwy/highway.h in a file that uses foreach_target.h. float only; NaN stays NaN.
//
// exp: x = n ln 2 + r, a polynomial of degree 7 in r and 2^n by exponent bits, as in Cephes
// (Moshier 1984-1992). tanh: an odd polynomial near 0, otherwise 1 - 2 / (exp(2 |x|) + 1).

// clang-format off
#if defined(UNROLL_VECTOR_MATH_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_VECTOR_MATH_INL_HPP
#undef UNROLL_VECTOR_MATH_INL_HPP
#else
#define UNROLL_VECTOR_MATH_INL_HPP
#endif
// clang-format on

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// exp(x); exactly 0 below -86.6 and infinity above 88.7.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_exp(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto low = hn::Set(d, -86.6f), high = hn::Set(d, 88.72f);
  const auto below = hn::Lt(x, low), above = hn::Gt(x, high);
  // Comparisons with NaN are false, so it passes through unharmed.
  const auto bounded = hn::IfThenElse(above, high, hn::IfThenElse(below, low, x));
  const auto n = hn::Round(hn::Mul(bounded, hn::Set(d, 1.44269504f)));
  auto r = hn::NegMulAdd(n, hn::Set(d, 0.693359375f), bounded);
  r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f), r);
  auto p = hn::Set(d, 1.9875691500e-4f);
  p = hn::MulAdd(p, r, hn::Set(d, 1.3981999507e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 8.3334519073e-3f));
  p = hn::MulAdd(p, r, hn::Set(d, 4.1665795894e-2f));
  p = hn::MulAdd(p, r, hn::Set(d, 1.6666665459e-1f));
  p = hn::MulAdd(p, r, hn::Set(d, 5.0000001201e-1f));
  p = hn::MulAdd(p, hn::Mul(r, r), hn::Add(r, hn::Set(d, 1.0f)));
  // 2^(n-1), then doubled: n is at most 128 and 2^128 is no float.
  const auto bits = hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 126)));
  const auto result = hn::Mul(hn::Mul(p, hn::BitCast(d, bits)), hn::Set(d, 2.0f));
  return hn::IfThenElse(above, hn::Inf(d), hn::IfThenZeroElse(below, result));
}

/// 1 / (1 + exp(-x)).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_sigmoid(D d, V x) {
  const auto one = hn::Set(d, 1.0f);
  return hn::Div(one, hn::Add(one, vector_exp(d, hn::Neg(x))));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_tanh(D d, V x) {
  const auto size = hn::Abs(x);
  const auto z = hn::Mul(x, x);
  auto p = hn::Set(d, -5.70498872745e-3f);
  p = hn::MulAdd(p, z, hn::Set(d, 2.06390887954e-2f));
  p = hn::MulAdd(p, z, hn::Set(d, -5.37397155531e-2f));
  p = hn::MulAdd(p, z, hn::Set(d, 1.33314422036e-1f));
  p = hn::MulAdd(p, z, hn::Set(d, -3.33332819422e-1f));
  const auto near = hn::MulAdd(hn::Mul(p, z), x, x);
  const auto one = hn::Set(d, 1.0f), two = hn::Set(d, 2.0f);
  const auto e = vector_exp(d, hn::Add(size, size));
  const auto far = hn::CopySign(hn::Sub(one, hn::Div(two, hn::Add(e, one))), x);
  return hn::IfThenElse(hn::Lt(size, hn::Set(d, 0.625f)), near, far);
}

}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
