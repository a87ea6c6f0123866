// Attention to what came before. Every sequence and head is a task of its own: its queries, keys
// and values are columns of rows that lie N * D apart, so that nothing is copied before a product.
#include <algorithm>
#include <cmath>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/autodiff/ops_transformer.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::require_same_type;
using detail::with_floating;

struct Layout {
  std::int64_t steps, positions, lanes, width, heads, reach;

  std::int64_t head() const { return width / heads; }
  std::int64_t row() const { return lanes * width; }  ///< from one step to the next
  std::int64_t tasks() const { return lanes * heads; }
  double scale() const { return 1 / std::sqrt(static_cast<double>(head())); }
  /// The first element of a task's columns.
  std::int64_t columns(std::int64_t task) const {
    return task / heads * width + task % heads * head();
  }
  std::int64_t square() const { return steps * positions; }
  /// Step t sees the positions begin(t) … end(t) - 1.
  std::int64_t end(std::int64_t t) const { return positions - steps + t + 1; }
  std::int64_t begin(std::int64_t t) const { return std::max<std::int64_t>(0, end(t) - 1 - reach); }
};

// weights [tasks, T, S], zero where a step does not look, and y.
template <typename T>
void forward(const Layout& l, const T* q, const T* k, const T* v, T* weights, T* y) {
  parallel_for(l.tasks(), [&](std::int64_t task) {
    const std::int64_t at = l.columns(task);
    T* w = weights + task * l.square();
    gemm(false, true, l.steps, l.positions, l.head(), static_cast<T>(l.scale()), q + at, l.row(),
         k + at, l.row(), T(0), w, l.positions);
    for (std::int64_t t = 0; t < l.steps; ++t, w += l.positions) {
      const std::int64_t begin = l.begin(t), end = l.end(t);
      kernels::softmax(1, end - begin, w + begin, w + begin);
      std::fill(w, w + begin, T(0));
      std::fill(w + end, w + l.positions, T(0));
    }
    gemm(false, false, l.steps, l.head(), l.positions, T(1), weights + task * l.square(),
         l.positions, v + at, l.row(), T(0), y + at, l.row());
  });
}

// The gradient of the scores, [tasks, T, S]: weights * (d - sum(d * weights)) with d = dy v'.
template <typename T>
void score_gradients(const Layout& l, const T* weights, const T* v, const T* dy, T* ds) {
  parallel_for(l.tasks(), [&](std::int64_t task) {
    const std::int64_t at = l.columns(task);
    const T* w = weights + task * l.square();
    T* d = ds + task * l.square();
    gemm(false, true, l.steps, l.positions, l.head(), T(1), dy + at, l.row(), v + at, l.row(), T(0),
         d, l.positions);
    for (std::int64_t t = 0; t < l.steps; ++t, w += l.positions, d += l.positions) {
      const auto common = static_cast<T>(kernels::dot(l.positions, w, d));
      for (std::int64_t s = 0; s < l.positions; ++s) d[s] = w[s] * (d[s] - common);
    }
  });
}

// to [S, N, D] (+)= scale * a' b for every task, with a [T, S] and b of T rows; or without
// `transposed` to [T, N, D] (+)= scale * a b with b of S rows.
template <typename T>
void give(const Layout& l, Backward& back, int input, bool transposed, double scale, const T* a,
          const T* b) {
  if (!back.wants(input)) return;
  bool fresh = false;
  T* to = back.input_gradient(input, fresh).template data<T>();
  parallel_for(l.tasks(), [&](std::int64_t task) {
    const std::int64_t at = l.columns(task);
    gemm(transposed, false, transposed ? l.positions : l.steps, l.head(),
         transposed ? l.steps : l.positions, static_cast<T>(scale), a + task * l.square(),
         l.positions, b + at, l.row(), fresh ? T(0) : T(1), to + at, l.row());
  });
}

}  // namespace

Var causal_attention(Var queries, Var keys, Var values, std::int64_t heads, std::int64_t reach) {
  require_same_type("causal_attention", queries, keys);
  require_same_type("causal_attention", queries, values);
  const Shape &q = queries.shape(), &k = keys.shape();
  if (q.rank() != 3 || k.rank() != 3 || q.dim(1) != k.dim(1) || q.dim(2) != k.dim(2) ||
      q.dim(0) > k.dim(0)) {
    misfit("causal_attention", q, k);
  }
  if (!(values.shape() == k)) misfit("causal_attention", k, values.shape());
  if (heads < 1 || q.dim(2) % heads != 0 || reach < 0) {
    throw std::invalid_argument(fmt::format(
        "causal_attention: {} heads of width {} that reach back {} steps", heads, q.dim(2), reach));
  }
  const Layout layout{q.dim(0), k.dim(0), q.dim(1), q.dim(2), heads, reach};
  Tensor y = Tensor::empty(q, queries.dtype());
  Tensor weights = Tensor::empty({layout.tasks(), layout.steps, layout.positions}, queries.dtype());
  with_floating(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    forward(layout, queries.value().data<T>(), keys.value().data<T>(), values.value().data<T>(),
            weights.data<T>(), y.data<T>());
  });
  return Graph::of({&queries, &keys, &values})
      .emit(std::move(y), {queries, keys, values},
            [layout, weights, vq = queries.value(), vk = keys.value(),
             vv = values.value()](Backward& back) {
              const Tensor& gradient = back.output_gradient();
              with_floating(gradient.dtype(), [&](auto zero) {
                using T = decltype(zero);
                const T *w = weights.data<T>(), *dy = gradient.data<T>();
                give(layout, back, 2, true, 1, w, dy);
                if (!back.wants(0) && !back.wants(1)) return;
                const Tensor scores = Tensor::empty(weights.shape(), weights.dtype());
                T* ds = scores.data<T>();
                score_gradients(layout, w, vv.data<T>(), dy, ds);
                give(layout, back, 0, false, layout.scale(), ds, vk.data<T>());
                give(layout, back, 1, true, layout.scale(), ds, vq.data<T>());
              });
            });
}

}  // namespace unroll
