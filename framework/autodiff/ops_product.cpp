// Matrix products, in the graph's precision. A one-hot operand gathers rows going forward and
// scatters them going back, in float32.
#include <algorithm>
#include <span>
#include <type_traits>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/autodiff/product_weights.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/gemm_bf16.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::require_same_type;
using detail::with_floating;

// y [R, N] = or += x [R, K] op(w) + bias, which may be null.
template <typename T>
void multiply(std::int64_t R, const T* x, const ProductWeights& w, bool transposed, bool add,
              const T* bias, T* y) {
  const std::int64_t K = w.value.dim(transposed ? 1 : 0), N = w.value.dim(transposed ? 0 : 1);
  if constexpr (std::is_same_v<T, float>) {
    if (w.rounded) return gemm_bf16(R, {x, K}, w.packed(transposed), {y, N, add, bias});
  }
  if (bias != nullptr) kernels::fill_rows(R, N, bias, y);
  gemm(false, transposed, R, N, K, T(1), x, K, w.value.data<T>(), w.value.dim(1),
       add || bias != nullptr ? T(1) : T(0), y, N);
}

// dw [K, N] = or += a^T b for a [R, K] and b [R, N].
template <typename T>
void multiply_rows(bool rounded, std::int64_t R, std::int64_t K, std::int64_t N, const T* a,
                   const T* b, bool add, T* dw) {
  if constexpr (std::is_same_v<T, float>) {
    if (rounded) return gemm_bf16(K, N, R, {a, K, true}, {b, N}, {dw, N, add});
  }
  gemm(true, false, K, N, R, T(1), a, K, b, N, add ? T(1) : T(0), dw, N);
}

// The gradient of x: dy times the transpose of w, or w itself where x met the transpose.
template <typename T>
void input_part(Backward& back, const Tensor& dy, const ProductWeights& w, bool transposed) {
  if (!back.wants(0)) return;
  bool fresh = false;
  Tensor& dx = back.input_gradient(0, fresh);
  multiply<T>(dy.shape().rows(), dy.data<T>(), w, !transposed, !fresh, nullptr, dx.data<T>());
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
  const ProductWeights weights(graph, w);
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* pb = b != nullptr ? b->value().data<T>() : nullptr;
    T* py = y.data<T>();
    if (ids.defined()) {
      kernels::gather_rows(R, M, K, ids.data<std::int32_t>(), w.value().data<T>(), pb, py);
      return;
    }
    multiply<T>(R, x.value().data<T>(), weights, false, false, pb, py);
  });
  const auto backward = [ids, vx = ids.defined() ? Tensor{} : x.value(), weights, R, K,
                         M](Backward& back) {
    const Tensor& dy = back.output_gradient();
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      input_part<T>(back, dy, weights, false);
      if (!back.wants(1)) return;
      if (ids.defined()) {
        Tensor& dw = back.input_gradient(1);
        kernels::scatter_add_rows(R, M, K, ids.data<std::int32_t>(), dy.data<T>(), dw.data<T>());
      } else {
        bool fresh = false;
        Tensor& dw = back.input_gradient(1, fresh);
        multiply_rows<T>(weights.rounded, R, K, M, vx.data<T>(), dy.data<T>(), !fresh,
                         dw.data<T>());
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
  const ProductWeights weights(graph, w);
  Tensor y = Tensor::empty(detail::with_last(x.shape(), M), x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    multiply<T>(R, x.value().data<T>(), weights, true, false, nullptr, y.data<T>());
  });
  return graph.emit(std::move(y), {x, w}, [vx = x.value(), weights, R, M, K](Backward& back) {
    const Tensor& dy = back.output_gradient();
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      input_part<T>(back, dy, weights, true);
      if (!back.wants(1)) return;
      bool fresh = false;
      Tensor& dw = back.input_gradient(1, fresh);
      multiply_rows<T>(weights.rounded, R, M, K, dy.data<T>(), vx.data<T>(), !fresh, dw.data<T>());
    });
  });
}

}  // namespace unroll
