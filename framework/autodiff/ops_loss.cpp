// Dropout and the cross-entropy of softmax.
#include <algorithm>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/core/random.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {

using detail::misfit;
using detail::with_floating;

Var dropout(Var x, double probability, RandomStream& random, bool per_sequence) {
  if (!(probability >= 0.0 && probability < 1.0)) {
    throw std::invalid_argument(
        fmt::format("dropout: probability {} is not in [0, 1)", probability));
  }
  if (probability == 0.0) return x;
  if (per_sequence && x.shape().rank() < 2) {
    throw std::invalid_argument(
        fmt::format("dropout: shape {} has no time dimension", x.shape().text()));
  }
  const std::int64_t repeats = per_sequence ? x.dim(0) : 1;
  const std::int64_t width = repeats == 0 ? 0 : x.shape().size() / repeats;
  Tensor mask = Tensor::empty(Shape{width}, x.dtype());
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  const auto apply = [repeats, width](const Tensor& from, const Tensor& m, Tensor& to, bool add) {
    with_floating(from.dtype(), [&](auto zero) {
      using T = decltype(zero);
      for (std::int64_t at = 0; at < repeats * width; at += width) {
        const T *pf = from.data<T>() + at, *pm = m.data<T>();
        add ? kernels::multiply_add(width, pf, pm, to.data<T>() + at)
            : kernels::multiply(width, pf, pm, to.data<T>() + at);
      }
    });
  };
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T keep = static_cast<T>(1.0 / (1.0 - probability));
    // One draw decides two elements, by its halves.
    const auto limit = static_cast<std::uint64_t>(probability * 4294967296.0);
    T* m = mask.data<T>();
    std::uint64_t bits = 0;
    for (std::int64_t i = 0; i < width; ++i) {
      bits = i % 2 == 0 ? random.next() : bits >> 32;
      m[i] = (bits & 0xffffffffU) < limit ? T(0) : keep;
    }
  });
  apply(x.value(), mask, y, false);
  return Graph::of({&x}).emit(std::move(y), {x}, [mask, apply](Backward& back) {
    bool fresh = false;
    Tensor& dx = back.input_gradient(0, fresh);
    apply(back.output_gradient(), mask, dx, !fresh);
  });
}

CrossEntropy cross_entropy(Var logits, const Tensor& targets) {
  const Shape& shape = logits.shape();
  const std::int64_t R = shape.rows(), V = shape.last();
  const auto leading = shape.dims().first(shape.rank() == 0 ? 0 : shape.rank() - 1);
  const bool leading_fit = std::ranges::equal(leading, targets.shape().dims());
  if (!leading_fit) misfit("cross_entropy", shape, targets.shape());
  const auto* target = targets.data<std::int32_t>();
  CrossEntropy result;
  double total = 0;
  Tensor lse = Tensor::empty(Shape{R}, logits.dtype());
  const Tensor largest = Tensor::empty(Shape{R}, DType::i32);
  with_floating(logits.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* x = logits.value().data<T>();
    kernels::log_sum_exp(R, V, x, lse.data<T>(), largest.data<std::int32_t>());
    for (std::int64_t r = 0; r < R; ++r) {
      if (target[r] < 0) continue;
      if (target[r] >= V) {
        throw std::invalid_argument(
            fmt::format("cross_entropy: target {} where there are {} classes", target[r], V));
      }
      total += static_cast<double>(lse.data<T>()[r]) - static_cast<double>(x[r * V + target[r]]);
      ++result.counted;
      result.correct += largest.data<std::int32_t>()[r] == target[r] ? 1 : 0;
    }
  });
  result.total = Graph::of({&logits}).emit(
      Tensor::full(Shape{}, total, logits.dtype()), {logits},
      [lse, targets, vx = logits.value(), R, V](Backward& back) {
        bool fresh = false;
        Tensor& dx = back.input_gradient(0, fresh);
        with_floating(dx.dtype(), [&](auto zero) {
          using T = decltype(zero);
          kernels::cross_entropy_gradient(R, V, vx.data<T>(), lse.data<T>(),
                                          targets.data<std::int32_t>(),
                                          *back.output_gradient().data<T>(), dx.data<T>(), !fresh);
        });
      });
  return result;
}

}  // namespace unroll
