// Pointwise kernels in float, compiled for every instruction set and chosen at run time.
#include <unroll/tensor/kernels.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_pointwise.cpp"
#include <hwy/foreach_target.h>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>
#include <unroll/tensor/vector_math-inl.hpp>

#include <unroll/tensor/parallel.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

using namespace vector_math::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// y[i] = f(d, i-th vectors of x…), the tail through masked-off temporaries. `f` takes and gives
// vectors; the same lanes see the same arithmetic wherever they stand.
template <class F, class... X>
HWY_INLINE void map(std::int64_t n, float* y, F f, const X*... x) {
  const D d;
  const auto count = static_cast<std::size_t>(n);
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) hn::StoreU(f(d, hn::LoadU(d, x + i)...), d, y + i);
  if (i < count) {
    const auto tail = hn::FirstN(d, count - i);
    store_first(f(d, load_first(tail, d, x + i)...), tail, d, y + i);
  }
}

void sigmoid(std::int64_t n, const float* x, float* y) {
  map(
      n, y, [](D d, V v) HWY_ATTR { return vector_sigmoid(d, v); }, x);
}
void tanh(std::int64_t n, const float* x, float* y) {
  map(
      n, y, [](D d, V v) HWY_ATTR { return vector_tanh(d, v); }, x);
}
void relu(std::int64_t n, const float* x, float* y) {
  map(
      n, y, [](D d, V v) HWY_ATTR { return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v); }, x);
}
void exp(std::int64_t n, const float* x, float* y) {
  map(
      n, y, [](D d, V v) HWY_ATTR { return vector_exp(d, v); }, x);
}
void log(std::int64_t n, const float* x, float* y) {
  map(
      n, y,
      [](D d, V v) HWY_ATTR {
        const auto zero = hn::Zero(d);
        const auto finite = hn::IfThenElse(hn::Eq(v, zero), hn::Neg(hn::Inf(d)), hn::Log(d, v));
        const auto odd = hn::Or(hn::Lt(v, zero), hn::IsNaN(v));
        const auto result = hn::IfThenElse(odd, hn::NaN(d), finite);
        return hn::IfThenElse(hn::Eq(v, hn::Inf(d)), v, result);
      },
      x);
}
void softplus(std::int64_t n, const float* x, float* y) {
  map(
      n, y,
      [](D d, V v) HWY_ATTR {
        const auto positive = hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v);  // keeps NaN
        return hn::Add(positive, hn::Log1p(d, vector_exp(d, hn::Neg(hn::Abs(v)))));
      },
      x);
}

template <class F>
HWY_INLINE void gradient(std::int64_t n, const float* y, const float* dy, float* dx, bool add,
                         F f) {
  if (add) {
    map(
        n, dx, [f](D d, V a, V b, V c) HWY_ATTR { return hn::Add(c, f(d, a, b)); }, y, dy, dx);
  } else {
    map(n, dx, f, y, dy);
  }
}
void sigmoid_gradient(std::int64_t n, const float* y, const float* dy, float* dx, bool add) {
  gradient(n, y, dy, dx, add,
           [](D, V a, V g) HWY_ATTR { return hn::Mul(g, hn::NegMulAdd(a, a, a)); });
}
void tanh_gradient(std::int64_t n, const float* y, const float* dy, float* dx, bool add) {
  gradient(n, y, dy, dx, add,
           [](D, V a, V g) HWY_ATTR { return hn::NegMulAdd(hn::Mul(a, a), g, g); });
}
void relu_gradient(std::int64_t n, const float* y, const float* dy, float* dx, bool add) {
  gradient(n, y, dy, dx, add,
           [](D d, V a, V g) HWY_ATTR { return hn::IfThenElseZero(hn::Gt(a, hn::Zero(d)), g); });
}

void add(std::int64_t n, const float* a, const float* b, float* y) {
  map(
      n, y, [](D, V u, V v) HWY_ATTR { return hn::Add(u, v); }, a, b);
}
void subtract(std::int64_t n, const float* a, const float* b, float* y) {
  map(
      n, y, [](D, V u, V v) HWY_ATTR { return hn::Sub(u, v); }, a, b);
}
void multiply(std::int64_t n, const float* a, const float* b, float* y) {
  map(
      n, y, [](D, V u, V v) HWY_ATTR { return hn::Mul(u, v); }, a, b);
}
void multiply_add(std::int64_t n, const float* a, const float* b, float* y) {
  map(
      n, y, [](D, V u, V v, V w) HWY_ATTR { return hn::MulAdd(u, v, w); }, a, b, y);
}
void scale(std::int64_t n, float alpha, const float* x, float* y) {
  map(
      n, y, [alpha](D d, V v) HWY_ATTR { return hn::Mul(hn::Set(d, alpha), v); }, x);
}
void axpy(std::int64_t n, float alpha, const float* x, float* y) {
  map(
      n, y, [alpha](D d, V v, V w) HWY_ATTR { return hn::MulAdd(hn::Set(d, alpha), v, w); }, x, y);
}

void blend(std::int64_t n, const float* gate, const float* a, const float* b, float* y) {
  map(
      n, y, [](D, V g, V u, V v) HWY_ATTR { return hn::MulAdd(g, hn::Sub(u, v), v); }, gate, a, b);
}
void blend_gate_gradient(std::int64_t n, const float* a, const float* b, const float* dy,
                         float* dgate, bool add) {
  if (add) {
    map(
        n, dgate, [](D, V u, V v, V g, V to) HWY_ATTR { return hn::MulAdd(g, hn::Sub(u, v), to); },
        a, b, dy, dgate);
  } else {
    map(
        n, dgate, [](D, V u, V v, V g) HWY_ATTR { return hn::Mul(g, hn::Sub(u, v)); }, a, b, dy);
  }
}
void blend_rest_gradient(std::int64_t n, const float* gate, const float* dy, float* db, bool add) {
  gradient(n, gate, dy, db, add, [](D, V a, V g) HWY_ATTR { return hn::NegMulAdd(a, g, g); });
}

}  // namespace
}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {

// The float functions of the header: large arrays are cut into fixed chunks over the threads.
#define UNROLL_UNARY(name)                                           \
  HWY_EXPORT(name);                                                  \
  void kernels::name(std::int64_t n, const float* x, float* y) {     \
    chunks(n, [=](std::int64_t begin, std::int64_t end) {            \
      HWY_DYNAMIC_DISPATCH(name)(end - begin, x + begin, y + begin); \
    });                                                              \
  }
#define UNROLL_BINARY(name)                                                      \
  HWY_EXPORT(name);                                                              \
  void kernels::name(std::int64_t n, const float* a, const float* b, float* y) { \
    chunks(n, [=](std::int64_t begin, std::int64_t end) {                        \
      HWY_DYNAMIC_DISPATCH(name)(end - begin, a + begin, b + begin, y + begin);  \
    });                                                                          \
  }
#define UNROLL_SCALED(name)                                                   \
  HWY_EXPORT(name);                                                           \
  void kernels::name(std::int64_t n, float alpha, const float* x, float* y) { \
    chunks(n, [=](std::int64_t begin, std::int64_t end) {                     \
      HWY_DYNAMIC_DISPATCH(name)(end - begin, alpha, x + begin, y + begin);   \
    });                                                                       \
  }
#define UNROLL_GRADIENT(name)                                                                \
  HWY_EXPORT(name);                                                                          \
  void kernels::name(std::int64_t n, const float* y, const float* dy, float* dx, bool add) { \
    chunks(n, [=](std::int64_t begin, std::int64_t end) {                                    \
      HWY_DYNAMIC_DISPATCH(name)(end - begin, y + begin, dy + begin, dx + begin, add);       \
    });                                                                                      \
  }

namespace {
constexpr std::int64_t kGrain = 8192;

template <typename F>
void chunks(std::int64_t n, F f) {
  if (n <= kGrain) {
    if (n > 0) f(0, n);
  } else {
    parallel_chunks(n, kGrain, f);
  }
}
}  // namespace

UNROLL_UNARY(sigmoid)
UNROLL_UNARY(tanh)
UNROLL_UNARY(relu)
UNROLL_UNARY(exp)
UNROLL_UNARY(log)
UNROLL_UNARY(softplus)
UNROLL_GRADIENT(sigmoid_gradient)
UNROLL_GRADIENT(tanh_gradient)
UNROLL_GRADIENT(relu_gradient)
UNROLL_BINARY(add)
UNROLL_BINARY(subtract)
UNROLL_BINARY(multiply)
UNROLL_BINARY(multiply_add)
UNROLL_SCALED(scale)
UNROLL_SCALED(axpy)
UNROLL_GRADIENT(blend_rest_gradient)

HWY_EXPORT(blend);
void kernels::blend(std::int64_t n, const float* gate, const float* a, const float* b, float* y) {
  chunks(n, [=](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(blend)(end - begin, gate + begin, a + begin, b + begin, y + begin);
  });
}
HWY_EXPORT(blend_gate_gradient);
void kernels::blend_gate_gradient(std::int64_t n, const float* a, const float* b, const float* dy,
                                  float* dgate, bool add) {
  chunks(n, [=](std::int64_t begin, std::int64_t end) {
    HWY_DYNAMIC_DISPATCH(blend_gate_gradient)
    (end - begin, a + begin, b + begin, dy + begin, dgate + begin, add);
  });
}

}  // namespace unroll
#endif
