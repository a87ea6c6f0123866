#include <unroll/autodiff/ops_scan.hpp>

#include <algorithm>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

constexpr std::int64_t kGrain = 1024;  // elements that run through time together, in the cache

template <typename T>
void forward(const Tensor& decay, const Tensor& input, const Tensor& initial, Tensor& y) {
  const std::int64_t steps = decay.dim(0), width = initial.size();
  parallel_chunks(width, kGrain, [&](std::int64_t begin, std::int64_t end) {
    const T* before = initial.data<T>() + begin;
    for (std::int64_t t = 0; t < steps; ++t) {
      const std::int64_t at = t * width + begin;
      T* out = y.data<T>() + at;
      std::copy_n(input.data<T>() + at, end - begin, out);
      kernels::multiply_add(end - begin, decay.data<T>() + at, before, out);
      before = out;
    }
  });
}

// arriving[t] becomes the whole gradient of y_t: what arrives there and what comes back through
// y_{t+1}.
template <typename T>
void backward(const Tensor& decay, Tensor& arriving, std::int64_t width) {
  const std::int64_t steps = decay.dim(0);
  parallel_chunks(width, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = steps - 2; t >= 0; --t) {
      const std::int64_t at = t * width + begin, after = at + width;
      kernels::multiply_add(end - begin, decay.data<T>() + after, arriving.data<T>() + after,
                            arriving.data<T>() + at);
    }
  });
}

}  // namespace

Var linear_scan(Var decay, Var input, Var initial) {
  const Shape& shape = decay.shape();
  if (shape.rank() != 3 || input.shape() != shape) {
    detail::misfit("linear_scan", shape, input.shape());
  }
  if (initial.shape() != Shape{shape.dim(1), shape.dim(2)}) {
    detail::misfit("linear_scan", shape, initial.shape());
  }
  detail::require_same_type("linear_scan", decay, input);
  detail::require_same_type("linear_scan", decay, initial);
  Tensor y = Tensor::empty(shape, decay.dtype());
  detail::with_floating(decay.dtype(), [&](auto zero) {
    forward<decltype(zero)>(decay.value(), input.value(), initial.value(), y);
  });
  const Tensor gates = decay.value(), first = initial.value();
  return Graph::of({&decay, &input, &initial})
      .emit(y, {decay, input, initial}, [gates, first, y](Backward& back) {
        const std::int64_t steps = gates.dim(0), width = first.size();
        Tensor dy = back.output_gradient().clone();
        detail::with_floating(dy.dtype(), [&](auto zero) {
          using T = decltype(zero);
          backward<T>(gates, dy, width);
          if (back.wants(2) && steps > 0) {
            kernels::multiply_add(width, gates.data<T>(), dy.data<T>(),
                                  back.input_gradient(2).data<T>());
          }
          if (back.wants(0)) {
            T* to = back.input_gradient(0).data<T>();
            for (std::int64_t t = 0; t < steps; ++t) {
              const T* before = t == 0 ? first.data<T>() : y.data<T>() + (t - 1) * width;
              kernels::multiply_add(width, dy.data<T>() + t * width, before, to + t * width);
            }
          }
        });
        back.pass(1, dy);
      });
}

}  // namespace unroll
