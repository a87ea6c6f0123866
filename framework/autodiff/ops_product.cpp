// Matrix products. A one-hot operand gathers rows going forward and scatters them going back.
#include <algorithm>
#include <span>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::require_same_type;
using detail::with_floating;

// The gradient of x: dy [R, M] times the transpose of w [K, M] (or w [M, K] itself).
template <typename T>
void input_part(Backward& back, const Tensor& dy, const Tensor& w, bool transposed) {
  if (!back.wants(0)) return;
  bool fresh = false;
  Tensor& dx = back.input_gradient(0, fresh);
  const std::int64_t R = dy.shape().rows(), M = dy.shape().last(), K = dx.shape().last();
  gemm(false, !transposed, R, K, M, T(1), dy.data<T>(), M, w.data<T>(), w.shape().last(),
       fresh ? T(0) : T(1), dx.data<T>(), K);
}

// The gradients of w and b for one-hot x. b gets every row of dy and w each row once, so where
// rows are many and ids are few, b's gradient is summed from w's and dy is read only once.
template <typename T>
bool one_hot_parts(Backward& back, const Tensor& ids, const Tensor& dy, std::int64_t K) {
  const std::int64_t R = dy.shape().rows(), M = dy.shape().last();
  const std::span<const std::int32_t> id = ids.span<std::int32_t>();
  const auto known = [K](std::int32_t i) { return i >= 0 && i < K; };
  if (R < 4 * K || !back.wants(1) || !back.wants(2) || !std::ranges::all_of(id, known)) {
    return false;
  }
  const Tensor sums = Tensor::zeros({K, M}, dy.dtype());
  kernels::scatter_add_rows(R, M, K, id.data(), dy.data<T>(), sums.data<T>());
  back.pass(1, sums);
  bool fresh = false;
  Tensor& db = back.input_gradient(2, fresh);
  kernels::column_sums(K, M, sums.data<T>(), db.data<T>(), !fresh);
  return true;
}

// y = x w + b for dense or one-hot x; b may be null.
Var product(std::string_view name, Var x, Var w, const Var* b) {
  Graph& graph = b != nullptr ? Graph::of({&x, &w, b}) : Graph::of({&x, &w});
  require_same_type(name, x, w);
  if (x.shape().rank() < 1 || w.shape().rank() != 2 || x.shape().last() != w.dim(0)) {
    misfit(name, x.shape(), w.shape());
  }
  const std::int64_t R = x.shape().rows(), K = w.dim(0), M = w.dim(1);
  if (b != nullptr) {
    require_same_type(name, w, *b);
    if (b->shape().rank() != 1 || b->dim(0) != M) misfit(name, w.shape(), b->shape());
  }
  Tensor y = Tensor::empty(detail::with_last(x.shape(), M), x.dtype());
  const Tensor ids = graph.ids_of(x);
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* pw = w.value().data<T>();
    const T* pb = b != nullptr ? b->value().data<T>() : nullptr;
    T* py = y.data<T>();
    if (ids.defined()) {
      kernels::gather_rows(R, M, K, ids.data<std::int32_t>(), pw, pb, py);
      return;
    }
    if (pb != nullptr) kernels::fill_rows(R, M, pb, py);
    gemm(false, false, R, M, K, T(1), x.value().data<T>(), K, pw, M, pb != nullptr ? T(1) : T(0),
         py, M);
  });
  const auto backward = [ids, vx = ids.defined() ? Tensor{} : x.value(), vw = w.value(), R, K,
                         M](Backward& back) {
    const Tensor& dy = back.output_gradient();
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      input_part<T>(back, dy, vw, false);
      if (!back.wants(1)) return;
      if (ids.defined()) {
        Tensor& dw = back.input_gradient(1);
        kernels::scatter_add_rows(R, M, K, ids.data<std::int32_t>(), dy.data<T>(), dw.data<T>());
      } else {
        bool fresh = false;
        Tensor& dw = back.input_gradient(1, fresh);
        gemm(true, false, K, M, R, T(1), vx.data<T>(), K, dy.data<T>(), M, fresh ? T(0) : T(1),
             dw.data<T>(), M);
      }
    });
  };
  if (b == nullptr) return graph.emit(std::move(y), {x, w}, backward);
  return graph.emit(std::move(y), {x, w, *b}, [backward, ids, R, K, M](Backward& back) {
    const Tensor& dy = back.output_gradient();
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      if (ids.defined() && one_hot_parts<T>(back, ids, dy, K)) return;
      backward(back);
      if (!back.wants(2)) return;
      bool fresh = false;
      Tensor& db = back.input_gradient(2, fresh);
      kernels::column_sums(R, M, dy.data<T>(), db.data<T>(), !fresh);
    });
  });
}

}  // namespace

Var matmul(Var x, Var w) {
  return product("matmul", x, w, nullptr);
}
Var affine(Var x, Var w, Var b) {
  return product("affine", x, w, &b);
}

Var matmul_transposed(Var x, Var w) {
  Graph& graph = Graph::of({&x, &w});
  require_same_type("matmul_transposed", x, w);
  if (x.shape().rank() < 1 || w.shape().rank() != 2 || x.shape().last() != w.dim(1)) {
    misfit("matmul_transposed", x.shape(), w.shape());
  }
  const std::int64_t R = x.shape().rows(), M = w.dim(0), K = w.dim(1);
  Tensor y = Tensor::empty(detail::with_last(x.shape(), M), x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    gemm(false, true, R, M, K, T(1), x.value().data<T>(), K, w.value().data<T>(), K, T(0),
         y.data<T>(), M);
  });
  return graph.emit(std::move(y), {x, w},
                    [vx = x.value(), vw = w.value(), R, M, K](Backward& back) {
                      const Tensor& dy = back.output_gradient();
                      with_floating(dy.dtype(), [&](auto zero) {
                        using T = decltype(zero);
                        input_part<T>(back, dy, vw, true);
                        if (!back.wants(1)) return;
                        bool fresh = false;
                        Tensor& dw = back.input_gradient(1, fresh);
                        gemm(true, false, M, K, R, T(1), dy.data<T>(), M, vx.data<T>(), K,
                             fresh ? T(0) : T(1), dw.data<T>(), K);
                      });
                    });
}

}  // namespace unroll
