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
namespace unroll::vector_math::HWY_NAMESPACE {
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

/// Stores the lanes of a mask of the first few and touches nothing behind them. Highway's own
/// BlendedStore before AVX2 writes back what it read there, which another thread may have changed.
template <class D, class M, class V = hn::Vec<D>>
HWY_INLINE void store_first(V x, M mask, D d, float* p) {
#if HWY_TARGET <= HWY_AVX2
  hn::BlendedStore(x, mask, d, p);
#else
  HWY_ALIGN float lanes[hn::MaxLanes(D())];
  hn::Store(x, d, lanes);
  std::memcpy(p, lanes, hn::CountTrue(d, mask) * sizeof(float));
#endif
}

/// x bounded to [low, high].
template <class D, class V = hn::Vec<D>>
HWY_INLINE V bounded(D d, V x, float low, float high) {
  // The second operand is what comes back when one of them is NaN.
  const V result = hn::Min(hn::Set(d, high), hn::Max(hn::Set(d, low), x));
#if HWY_TARGET == HWY_SCALAR || HWY_ARCH_ARM  // the other one, or the number
  return hn::IfThenElse(hn::IsNaN(x), x, result);
#else
  return result;
#endif
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

/// 1 / x.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V reciprocal(D d, V x) {
  return hn::Div(hn::Set(d, 1.0f), x);
}

/// 1 / (1 + exp(-x)); exactly 0 below -86.6.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_sigmoid(D d, V x) {
  const V e = exp_within(d, bounded(d, hn::Neg(x), -86.6f, 86.6f));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -86.6f)),
                            reciprocal(d, hn::Add(hn::Set(d, 1.0f), e)));
}

constexpr float kTanhP[] = {1.33550122e-8f, 2.06093646e-5f, 3.49560659e-3f, 0.133810416f, 1.0f};
constexpr float kTanhQ[] = {7.77671005e-7f, 3.28566413e-4f, 0.0258770529f, 0.467143565f, 1.0f};

/// x P(x²) / Q(x²); exactly ±1 from |x| = 9 on.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_tanh(D d, V x) {
  x = bounded(d, x, -9.0f, 9.0f);
  const auto z = hn::Mul(x, x);
  auto p = hn::Set(d, kTanhP[0]), q = hn::Set(d, kTanhQ[0]);
#pragma GCC unroll 4
  for (int k = 1; k < 5; ++k) {
    p = hn::MulAdd(p, z, hn::Set(d, kTanhP[k]));
    q = hn::MulAdd(q, z, hn::Set(d, kTanhQ[k]));
  }
  return bounded(d, hn::Div(hn::Mul(x, p), q), -1.0f, 1.0f);
}

// ---- several vectors at once -------------------------------------------------------------------
// In lockstep: each operation is done for all before the next one, so that the processor, which
// sees only so far ahead, always has independent ones at hand.

/// p = p z + coefficient.
template <int N, class D, class V = hn::Vec<D>>
HWY_INLINE void horner_step(D d, V (&p)[N], const V (&z)[N], float coefficient) {
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) p[i] = hn::MulAdd(p[i], z[i], hn::Set(d, coefficient));
}

/// x = 1 / (1 + exp(-x)) within 2e-7, which is not relative: for gates.
template <int N, class D, class V = hn::Vec<D>>
HWY_INLINE void gate_sigmoids(D d, V (&x)[N]) {
#if HWY_TARGET <= HWY_AVX3
  // exp(-x) = 2^(n + r) with n whole and |r| <= 1/2; what scales by 2^n needs no bound below.
  V r[N], p[N];
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) {
    x[i] = hn::Min(hn::Set(d, 126.0f), hn::Mul(x[i], hn::Set(d, -1.44269504f)));
    r[i] = V{_mm512_reduce_ps(x[i].raw, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
    p[i] = hn::Set(d, 1.32647273e-3f);
  }
  horner_step(d, p, r, 9.67151299e-3f);
  horner_step(d, p, r, 5.55073358e-2f);
  horner_step(d, p, r, 2.40222424e-1f);
  horner_step(d, p, r, 6.93147004e-1f);
  horner_step(d, p, r, 1.0f);
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) p[i] = V{_mm512_scalef_ps(p[i].raw, hn::Sub(x[i], r[i]).raw)};
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) x[i] = reciprocal(d, hn::Add(hn::Set(d, 1.0f), p[i]));
#else
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) x[i] = vector_sigmoid(d, x[i]);
#endif
}

/// x = vector_tanh(x).
template <int N, class D, class V = hn::Vec<D>>
HWY_INLINE void gate_tanhs(D d, V (&x)[N]) {
  V z[N], p[N], q[N];
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) {
    x[i] = bounded(d, x[i], -9.0f, 9.0f);
    z[i] = hn::Mul(x[i], x[i]);
    p[i] = hn::Set(d, kTanhP[0]);
    q[i] = hn::Set(d, kTanhQ[0]);
  }
#pragma GCC unroll 4
  for (int k = 1; k < 5; ++k) {
    horner_step(d, p, z, kTanhP[k]);
    horner_step(d, q, z, kTanhQ[k]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) q[i] = hn::Div(hn::Mul(x[i], p[i]), q[i]);
#pragma GCC unroll 8
  for (int i = 0; i < N; ++i) x[i] = bounded(d, q[i], -1.0f, 1.0f);
}

}  // namespace unroll::vector_math::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
