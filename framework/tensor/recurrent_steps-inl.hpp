// What a step of a recurrence reads and writes, whatever its products are made of. Part of
// kernels_recurrent_*.cpp.

// clang-format off
#if defined(UNROLL_TENSOR_RECURRENT_STEPS_INL_HPP_) == defined(HWY_TARGET_TOGGLE)
#ifdef UNROLL_TENSOR_RECURRENT_STEPS_INL_HPP_
#undef UNROLL_TENSOR_RECURRENT_STEPS_INL_HPP_
#else
#define UNROLL_TENSOR_RECURRENT_STEPS_INL_HPP_
#endif
// clang-format on

#include <unroll/tensor/vector_math-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::steps::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
constexpr D kD;
constexpr auto kLanes = static_cast<std::int64_t>(hn::MaxLanes(D()));
constexpr std::int64_t kLine = 16;  ///< floats in a cache line

HWY_INLINE V Zero() {
  return hn::Zero(kD);
}
HWY_INLINE V One() {
  return hn::Set(kD, 1.0f);
}

/// The state before step t: the given one, or the step before's.
HWY_INLINE const float* Before(const float* initial, const float* all, std::int64_t t,
                               std::int64_t plane) {
  return t == 0 ? initial : all + (t - 1) * plane;
}

/// The row of a table with `classes` rows, and one for everything else, that stands at `at`.
HWY_INLINE std::int64_t RowOf(const kernels::RecurrentSequence& s, std::int64_t at) {
  const std::int64_t id = s.ids[at];
  return id >= 0 && id < s.classes ? id : s.classes;
}

/// What arrives from the input at a step and row: [G*H].
HWY_INLINE const float* Projected(const kernels::RecurrentSequence& s, std::int64_t t,
                                  std::int64_t row, std::int64_t width) {
  const std::int64_t at = t * s.batch + row;
  return s.projected + (s.ids == nullptr ? at : RowOf(s, at)) * width;
}

/// The next kLanes floats, or as many as are left, then zeros.
HWY_INLINE V Load(const float* from, std::int64_t left) {
  if (HWY_LIKELY(left >= kLanes)) return hn::LoadU(kD, from);
  HWY_ALIGN float lanes[kLanes] = {};
  std::memcpy(lanes, from, static_cast<std::size_t>(left) * sizeof(float));
  return hn::Load(kD, lanes);
}

HWY_INLINE void Store(V value, float* to, std::int64_t left) {
  if (HWY_LIKELY(left >= kLanes)) {
    hn::StoreU(value, kD, to);
  } else {
    HWY_ALIGN float lanes[kLanes];
    hn::Store(value, kD, lanes);
    std::memcpy(to, lanes, static_cast<std::size_t>(left) * sizeof(float));
  }
}

/// What the gradient of h_t is besides the product: from above, and at the end from the last h.
HWY_INLINE V FromAbove(const kernels::RecurrentSequence& s, const kernels::RecurrentGradients& g,
                       std::int64_t t, std::int64_t at, std::int64_t left) {
  V sum = Zero();
  if (g.outputs != nullptr) sum = Load(g.outputs + t * s.batch * s.hidden + at, left);
  if (g.last_h != nullptr && t == s.steps - 1) sum += Load(g.last_h + at, left);
  return sum;
}

/// The gradients of the gates before their nonlinearities, of kLanes units j … at step t, given
/// that of h. What of dc goes on to the step before is left in `carried`.
template <bool kRelu>
HWY_INLINE V RnnGradient(const kernels::RecurrentSequence& s, V dh, std::int64_t t,
                         std::int64_t row, std::int64_t j) {
  const V h = Load(s.outputs + (t * s.batch + row) * s.hidden + j, s.hidden - j);
  return kRelu ? hn::IfThenElseZero(hn::Gt(h, Zero()), dh) : dh * hn::NegMulAdd(h, h, One());
}

struct LstmGradients {
  V i, f, n, o;
};
template <bool kPeepholes>
HWY_INLINE LstmGradients LstmGradientsAt(const kernels::RecurrentSequence& s,
                                         const kernels::RecurrentGradients& g, V dh, std::int64_t t,
                                         std::int64_t row, std::int64_t j) {
  const std::int64_t H = s.hidden, plane = s.batch * H, at = row * H + j, left = H - j;
  const float* const gates = s.gates + (t * s.batch + row) * 4 * H + j;
  const V i = Load(gates, left), f = Load(gates + H, left);
  const V n = Load(gates + 2 * H, left), o = Load(gates + 3 * H, left);
  const V tanh_c =
      vector_math::HWY_NAMESPACE::vector_tanh(kD, Load(s.memory + t * plane + at, left));
  const V c_before = Load(Before(s.c0, s.memory, t, plane) + at, left);
  const V output = dh * tanh_c * o * (One() - o);
  V dc = hn::MulAdd(dh * o, hn::NegMulAdd(tanh_c, tanh_c, One()), Load(g.carried + at, left));
  if constexpr (kPeepholes) dc = hn::MulAdd(output, Load(s.extra + 2 * H + j, left), dc);
  V carried = dc * f;
  const V through_input = dc * i;
  const V input = through_input * n * (One() - i);
  const V forget = carried * c_before * (One() - f);
  if constexpr (kPeepholes) {
    carried = hn::MulAdd(input, Load(s.extra + j, left), carried);
    carried = hn::MulAdd(forget, Load(s.extra + H + j, left), carried);
  }
  Store(carried, g.carried + at, left);
  return {input, forget, through_input * hn::NegMulAdd(n, n, One()), output};
}

struct GruGradients {
  V z, reset, n;
  V product;  ///< of h U_n, which the reset gate scales
};
HWY_INLINE GruGradients GruGradientsAt(const kernels::RecurrentSequence& s,
                                       const kernels::RecurrentGradients& g, V dh, std::int64_t t,
                                       std::int64_t row, std::int64_t j) {
  const std::int64_t H = s.hidden, plane = s.batch * H, at = row * H + j, left = H - j;
  const float* const gates = s.gates + (t * s.batch + row) * 3 * H + j;
  const V z = Load(gates, left), reset = Load(gates + H, left), n = Load(gates + 2 * H, left);
  dh += Load(g.carried + at, left);
  const V candidate = dh * (One() - z) * hn::NegMulAdd(n, n, One());
  const V update = dh * (Load(Before(s.h0, s.outputs, t, plane) + at, left) - n) * z * (One() - z);
  Store(dh * z, g.carried + at, left);
  return {update, candidate * Load(s.memory + t * plane + at, left) * reset * (One() - reset),
          candidate, candidate * reset};
}

}  // namespace unroll::steps::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
