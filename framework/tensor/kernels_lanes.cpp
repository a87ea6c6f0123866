// Rows in float for every instruction set and plain ones in double, under loops over lanes that
// both share.
#include <unroll/tensor/kernels_lanes.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_lanes.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>
#include <unroll/tensor/vector_math-inl.hpp>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/parallel.hpp>
#include <unroll/tensor/product_count.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

using namespace vector_math::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// Calls f(i, load, store) for whole vectors and once for the rest of n elements: `load` reads a
// vector at p + i, zeros beyond the end, `store` writes one.
template <class F>
HWY_INLINE void each_vector(std::int64_t n, F f) {
  const D d;
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    f([=](const float* p) HWY_ATTR { return hn::LoadU(d, p + i); },
      [=](V v, float* p) HWY_ATTR { hn::StoreU(v, d, p + i); });
  }
  if (i < count) {
    const auto tail = hn::FirstN(d, count - i);
    f([=](const float* p) HWY_ATTR { return load_first(tail, d, p + i); },
      [=](V v, float* p) HWY_ATTR { store_first(v, tail, d, p + i); });
  }
}

float dot_row(std::int64_t n, const float* a, const float* b) {
  const D d;
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(d);
  V s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
  std::size_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    s0 = hn::MulAdd(hn::LoadU(d, a + i), hn::LoadU(d, b + i), s0);
    s1 = hn::MulAdd(hn::LoadU(d, a + i + lanes), hn::LoadU(d, b + i + lanes), s1);
    s2 = hn::MulAdd(hn::LoadU(d, a + i + 2 * lanes), hn::LoadU(d, b + i + 2 * lanes), s2);
    s3 = hn::MulAdd(hn::LoadU(d, a + i + 3 * lanes), hn::LoadU(d, b + i + 3 * lanes), s3);
  }
  for (; i < count; i += lanes) {
    const auto mask = hn::FirstN(d, std::min(lanes, count - i));
    s0 = hn::MulAdd(load_first(mask, d, a + i), load_first(mask, d, b + i), s0);
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

// y (+)= alpha x.
void add_row(std::int64_t n, float alpha, const float* x, float* y, bool add) {
  const D d;
  const V factor = hn::Set(d, alpha);
  each_vector(n, [=](auto load, auto store) HWY_ATTR {
    const V scaled = hn::Mul(factor, load(x));
    store(add ? hn::MulAdd(factor, load(x), load(y)) : scaled, y);
  });
}

// v · tanh(a + b).
float additive_row(std::int64_t n, const float* a, const float* b, const float* v) {
  const D d;
  V total = hn::Zero(d);
  each_vector(n, [=, &total](auto load, auto) HWY_ATTR {
    total = hn::MulAdd(load(v), vector_tanh(d, hn::Add(load(a), load(b))), total);
  });
  return hn::GetLane(hn::SumOfLanes(d, total));
}

// With u = tanh(a + b) and g = dy v (1 - u²): da += g, db (+)= g, dv += dy u.
void additive_gradient_row(std::int64_t n, const float* a, const float* b, const float* v, float dy,
                           float* da, float* db, bool add, float* dv) {
  const D d;
  const V up = hn::Set(d, dy);
  each_vector(n, [=](auto load, auto store) HWY_ATTR {
    const V u = vector_tanh(d, hn::Add(load(a), load(b)));
    const V slope = hn::Mul(up, load(v));
    const V g = hn::NegMulAdd(hn::Mul(u, u), slope, slope);
    store(hn::Add(load(da), g), da);
    store(add ? hn::Add(load(db), g) : g, db);
    store(hn::MulAdd(up, u, load(dv)), dv);
  });
}

}  // namespace
}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {

HWY_EXPORT(dot_row);
HWY_EXPORT(add_row);
HWY_EXPORT(additive_row);
HWY_EXPORT(additive_gradient_row);

namespace kernels {
namespace {

float dot_row(std::int64_t n, const float* a, const float* b) {
  return HWY_DYNAMIC_DISPATCH(dot_row)(n, a, b);
}
void add_row(std::int64_t n, float alpha, const float* x, float* y, bool add) {
  HWY_DYNAMIC_DISPATCH(add_row)(n, alpha, x, y, add);
}
float additive_row(std::int64_t n, const float* a, const float* b, const float* v) {
  return HWY_DYNAMIC_DISPATCH(additive_row)(n, a, b, v);
}
void additive_gradient_row(std::int64_t n, const float* a, const float* b, const float* v, float dy,
                           float* da, float* db, bool add, float* dv) {
  HWY_DYNAMIC_DISPATCH(additive_gradient_row)(n, a, b, v, dy, da, db, add, dv);
}

double dot_row(std::int64_t n, const double* a, const double* b) {
  double total = 0;
  for (std::int64_t i = 0; i < n; ++i) total += a[i] * b[i];
  return total;
}
void add_row(std::int64_t n, double alpha, const double* x, double* y, bool add) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = (add ? y[i] : 0.0) + alpha * x[i];
}
double additive_row(std::int64_t n, const double* a, const double* b, const double* v) {
  double total = 0;
  for (std::int64_t i = 0; i < n; ++i) total += v[i] * std::tanh(a[i] + b[i]);
  return total;
}
void additive_gradient_row(std::int64_t n, const double* a, const double* b, const double* v,
                           double dy, double* da, double* db, bool add, double* dv) {
  for (std::int64_t i = 0; i < n; ++i) {
    const double u = std::tanh(a[i] + b[i]);
    const double g = dy * v[i] * (1 - u * u);
    da[i] += g;
    db[i] = (add ? db[i] : 0.0) + g;
    dv[i] += dy * u;
  }
}

// From so many steps on a matrix product a lane is faster than rows one by one.
constexpr std::int64_t kProduct = 4;

// Of a lane whose rows are taken one by one.
template <typename T>
void count_rows(const Lanes& l, std::int64_t length, std::int64_t K) {
  if (std::is_same_v<T, float> && l.steps < kProduct) count_product(l.steps, length, K);
}

template <typename T>
void zero_row(std::int64_t n, T* y, bool add) {
  if (!add) std::fill_n(y, n, T(0));
}

}  // namespace

template <typename T>
void lane_dots(const Lanes& l, std::int64_t K, const T* a, const T* b, T* y, bool add) {
  const std::int64_t N = l.lanes, S = l.positions;
  parallel_for(N, [&](std::int64_t n) {
    const std::int64_t length = l.length(n);
    count_rows<T>(l, length, K);
    if (l.steps >= kProduct) {
      gemm(false, true, l.steps, length, K, T(1), a + n * K, N * K, b + n * K, N * K,
           add ? T(1) : T(0), y + n * S, N * S);
    }
    for (std::int64_t t = 0; t < l.steps; ++t) {
      T* row = y + (t * N + n) * S;
      zero_row(S - length, row + length, add);
      for (std::int64_t s = 0; s < length && l.steps < kProduct; ++s) {
        const T product = dot_row(K, a + (t * N + n) * K, b + (s * N + n) * K);
        row[s] = add ? row[s] + product : product;
      }
    }
  });
}

template <typename T>
void lane_sums(const Lanes& l, std::int64_t K, const T* w, const T* b, T* y, bool add) {
  const std::int64_t N = l.lanes, S = l.positions;
  parallel_for(N, [&](std::int64_t n) {
    const std::int64_t length = l.length(n);
    count_rows<T>(l, length, K);
    if (l.steps >= kProduct) {
      gemm(false, false, l.steps, K, length, T(1), w + n * S, N * S, b + n * K, N * K,
           add ? T(1) : T(0), y + n * K, N * K);
      return;
    }
    for (std::int64_t t = 0; t < l.steps; ++t) {
      const T* weights = w + (t * N + n) * S;
      T* row = y + (t * N + n) * K;
      if (length == 0) zero_row(K, row, add);
      for (std::int64_t s = 0; s < length; ++s) {
        add_row(K, weights[s], b + (s * N + n) * K, row, add || s > 0);
      }
    }
  });
}

template <typename T>
void lane_spreads(const Lanes& l, std::int64_t K, const T* w, const T* a, T* y, bool add) {
  const std::int64_t N = l.lanes, S = l.positions;
  parallel_for(N, [&](std::int64_t n) {
    const std::int64_t length = l.length(n);
    count_rows<T>(l, length, K);
    if (l.steps >= kProduct) {
      gemm(true, false, length, K, l.steps, T(1), w + n * S, N * S, a + n * K, N * K,
           add ? T(1) : T(0), y + n * K, N * K);
    }
    for (std::int64_t s = 0; s < S; ++s) {
      T* row = y + (s * N + n) * K;
      if (s >= length || l.steps == 0) zero_row(K, row, add);
      for (std::int64_t t = 0; t < l.steps && s < length && l.steps < kProduct; ++t) {
        add_row(K, w[(t * N + n) * S + s], a + (t * N + n) * K, row, add || t > 0);
      }
    }
  });
}

template <typename T>
void additive_scores(const Lanes& l, std::int64_t K, const T* a, const T* b, const T* v, T* y) {
  const std::int64_t N = l.lanes, S = l.positions;
  parallel_for(N, [&](std::int64_t n) {
    const std::int64_t length = l.length(n);
    for (std::int64_t t = 0; t < l.steps; ++t) {
      T* row = y + (t * N + n) * S;
      std::fill(row + length, row + S, T(0));
      for (std::int64_t s = 0; s < length; ++s) {
        row[s] = additive_row(K, a + (t * N + n) * K, b + (s * N + n) * K, v);
      }
    }
  });
}

template <typename T>
void additive_gradients(const Lanes& l, std::int64_t K, const T* a, const T* b, const T* v,
                        const T* dy, T* da, T* db, bool add, T* dv) {
  const std::int64_t N = l.lanes, S = l.positions;
  parallel_for(N, [&](std::int64_t n) {
    const std::int64_t length = l.length(n);
    std::fill_n(dv + n * K, K, T(0));
    for (std::int64_t t = 0; t < l.steps; ++t) std::fill_n(da + (t * N + n) * K, K, T(0));
    for (std::int64_t s = 0; s < S; ++s) {
      const std::int64_t at = (s * N + n) * K;
      if (s >= length || l.steps == 0) zero_row(K, db + at, add);
      for (std::int64_t t = 0; t < l.steps && s < length; ++t) {
        const std::int64_t step = t * N + n;
        additive_gradient_row(K, a + step * K, b + at, v, dy[step * S + s], da + step * K, db + at,
                              add || t > 0, dv + n * K);
      }
    }
  });
}

#define UNROLL_FOR(T)                                                                          \
  template void lane_dots(const Lanes&, std::int64_t, const T*, const T*, T*, bool);           \
  template void lane_sums(const Lanes&, std::int64_t, const T*, const T*, T*, bool);           \
  template void lane_spreads(const Lanes&, std::int64_t, const T*, const T*, T*, bool);        \
  template void additive_scores(const Lanes&, std::int64_t, const T*, const T*, const T*, T*); \
  template void additive_gradients(const Lanes&, std::int64_t, const T*, const T*, const T*,   \
                                   const T*, T*, T*, bool, T*);
UNROLL_FOR(float)
UNROLL_FOR(double)
#undef UNROLL_FOR

}  // namespace kernels
}  // namespace unroll
#endif
