// Scores, weights and sums over the positions of each lane.
#include <algorithm>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/kernels_lanes.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::require_same_type;
using detail::with_floating;
using kernels::Lanes;

constexpr std::int64_t kGrain = 256;  // rows of a task

// Sizes and the tensor that holds the lengths.
struct Layout {
  std::int64_t steps, positions, lanes;
  Tensor lengths;

  Lanes sizes() const {
    return {steps, positions, lanes, lengths.defined() ? lengths.data<std::int32_t>() : nullptr};
  }
};

void check_lengths(std::string_view operation, const Tensor& lengths, std::int64_t lanes,
                   std::int64_t positions) {
  if (!lengths.defined()) return;
  if (!(lengths.shape() == Shape{lanes})) {
    throw std::invalid_argument(fmt::format("{}: lengths of shape {} for {} lanes", operation,
                                            lengths.shape().text(), lanes));
  }
  for (std::int64_t n = 0; n < lanes; ++n) {
    const std::int32_t length = lengths.data<std::int32_t>()[n];
    if (length < 0 || length > positions) {
      throw std::invalid_argument(fmt::format("{}: lane {} has length {}, expected 0 … {}",
                                              operation, n, length, positions));
    }
  }
}

// `asking` is [T, N, …] or [N, …], `positions` [S, N, …].
Layout layout_of(std::string_view operation, const Var& asking, const Var& positions,
                 const Tensor& lengths) {
  require_same_type(operation, asking, positions);
  const Shape &a = asking.shape(), &b = positions.shape();
  if (a.rank() < 2 || a.rank() > 3 || b.rank() != 3 || a.dim(-2) != b.dim(1)) {
    misfit(operation, a, b);
  }
  check_lengths(operation, lengths, b.dim(1), b.dim(0));
  return {a.rank() == 3 ? a.dim(0) : 1, b.dim(0), b.dim(1), lengths};
}

// Has f(to, add) write or add the gradient of input k where that is wanted.
template <typename Function>
void give(Backward& back, int k, Function f) {
  if (!back.wants(k)) return;
  bool fresh = false;
  Tensor& to = back.input_gradient(k, fresh);
  with_floating(to.dtype(), [&](auto zero) { f(to.data<decltype(zero)>(), !fresh); });
}

}  // namespace

Var dot_scores(Var queries, Var keys, const Tensor& lengths) {
  const Layout layout = layout_of("dot_scores", queries, keys, lengths);
  const std::int64_t K = keys.dim(2);
  if (queries.dim(-1) != K) misfit("dot_scores", queries.shape(), keys.shape());
  Tensor y = Tensor::empty(detail::with_last(queries.shape(), layout.positions), keys.dtype());
  with_floating(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::lane_dots(layout.sizes(), K, queries.value().data<T>(), keys.value().data<T>(),
                       y.data<T>(), false);
  });
  return Graph::of({&queries, &keys})
      .emit(std::move(y), {queries, keys},
            [layout, K, va = queries.value(), vb = keys.value()](Backward& back) {
              const Tensor& dy = back.output_gradient();
              give(back, 0, [&]<typename T>(T* da, bool add) {
                kernels::lane_sums(layout.sizes(), K, dy.data<T>(), vb.data<T>(), da, add);
              });
              give(back, 1, [&]<typename T>(T* db, bool add) {
                kernels::lane_spreads(layout.sizes(), K, dy.data<T>(), va.data<T>(), db, add);
              });
            });
}

Var additive_scores(Var queries, Var keys, Var v, const Tensor& lengths) {
  const Layout layout = layout_of("additive_scores", queries, keys, lengths);
  require_same_type("additive_scores", keys, v);
  const std::int64_t K = keys.dim(2);
  if (queries.dim(-1) != K) misfit("additive_scores", queries.shape(), keys.shape());
  if (!(v.shape() == Shape{K})) misfit("additive_scores", keys.shape(), v.shape());
  Tensor y = Tensor::empty(detail::with_last(queries.shape(), layout.positions), keys.dtype());
  with_floating(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::additive_scores(layout.sizes(), K, queries.value().data<T>(), keys.value().data<T>(),
                             v.value().data<T>(), y.data<T>());
  });
  return Graph::of({&queries, &keys, &v})
      .emit(std::move(y), {queries, keys, v},
            [layout, K, va = queries.value(), vb = keys.value(), vv = v.value()](Backward& back) {
              const Tensor& dy = back.output_gradient();
              with_floating(dy.dtype(), [&](auto zero) {
                using T = decltype(zero);
                // One pass gives all three; only the keys' is so large that it is added to there.
                const Tensor da = Tensor::empty(va.shape(), dy.dtype());
                const Tensor dv = Tensor::empty({layout.lanes, K}, dy.dtype());
                bool fresh = true;
                Tensor unwanted;
                if (!back.wants(1)) unwanted = Tensor::empty(vb.shape(), dy.dtype());
                Tensor& db = back.wants(1) ? back.input_gradient(1, fresh) : unwanted;
                kernels::additive_gradients(layout.sizes(), K, va.data<T>(), vb.data<T>(),
                                            vv.data<T>(), dy.data<T>(), da.data<T>(), db.data<T>(),
                                            !fresh, dv.data<T>());
                back.pass(0, da);
                if (!back.wants(2)) return;
                Tensor& total = back.input_gradient(2, fresh);
                kernels::column_sums(layout.lanes, K, dv.data<T>(), total.data<T>(), !fresh);
              });
            });
}

Var weighted_sum(Var weights, Var values, const Tensor& lengths) {
  const Layout layout = layout_of("weighted_sum", weights, values, lengths);
  if (weights.dim(-1) != values.dim(0)) misfit("weighted_sum", weights.shape(), values.shape());
  const std::int64_t M = values.dim(2);
  Tensor y = Tensor::empty(detail::with_last(weights.shape(), M), values.dtype());
  with_floating(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::lane_sums(layout.sizes(), M, weights.value().data<T>(), values.value().data<T>(),
                       y.data<T>(), false);
  });
  return Graph::of({&weights, &values})
      .emit(std::move(y), {weights, values},
            [layout, M, vw = weights.value(), vb = values.value()](Backward& back) {
              const Tensor& dy = back.output_gradient();
              give(back, 0, [&]<typename T>(T* dw, bool add) {
                kernels::lane_dots(layout.sizes(), M, dy.data<T>(), vb.data<T>(), dw, add);
              });
              give(back, 1, [&]<typename T>(T* db, bool add) {
                kernels::lane_spreads(layout.sizes(), M, vw.data<T>(), dy.data<T>(), db, add);
              });
            });
}

Var masked_softmax(Var scores, const Tensor& lengths) {
  if (scores.shape().rank() < 2) {
    throw std::invalid_argument(
        fmt::format("masked_softmax: shape {}, expected [..., N, S]", scores.shape().text()));
  }
  const std::int64_t R = scores.shape().rows(), S = scores.shape().last(), N = scores.dim(-2);
  check_lengths("masked_softmax", lengths, N, S);
  Tensor y = Tensor::empty(scores.shape(), scores.dtype());
  with_floating(y.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = scores.value().data<T>();
    parallel_chunks(R, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) {
        const std::int64_t length = lengths.defined() ? lengths.data<std::int32_t>()[r % N] : S;
        T* row = y.data<T>() + r * S;
        if (length > 0) kernels::softmax(1, length, x + r * S, row);
        std::fill(row + length, row + S, T(0));
      }
    });
  });
  return detail::softmax_of(scores, std::move(y));
}

}  // namespace unroll
