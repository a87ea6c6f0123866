// Convolution and pooling.
#include <unroll/autodiff/op_support.hpp>
#include <unroll/tensor/images.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::require_same_type;
using detail::with_floating;

// Gradients come out of the kernels whole: kept where they are the first, else added.
template <typename T, typename Function>
void receive(Backward& back, int k, Function&& compute) {
  if (!back.wants(k)) return;
  Tensor part = Tensor::empty(back.input_shape(k), dtype_of<T>);
  compute(part.data<T>());
  back.pass(k, part);
}

Var convolution(Var x, Var w, const Var* b, const ConvolutionOptions& options) {
  require_same_type("conv2d", x, w);
  if (x.shape().rank() != 4 || w.shape().rank() != 4 || x.dim(1) != w.dim(1))
    misfit("conv2d", x.shape(), w.shape());
  const std::int64_t O = w.dim(0);
  if (b != nullptr) {
    require_same_type("conv2d", x, *b);
    if (!(b->shape() == Shape{O})) misfit("conv2d", w.shape(), b->shape());
  }
  const WindowOverImages over(
      x.shape(),
      {{w.dim(2), w.dim(3)}, {options.stride, options.stride}, {options.padding, options.padding}});
  Tensor y = Tensor::empty(over.result(O), x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    convolve(over, O, x.value().data<T>(), w.value().data<T>(),
             b != nullptr ? b->value().data<T>() : nullptr, y.data<T>());
  });
  const auto backward = [over, O, biased = b != nullptr, vx = x.value(),
                         vw = w.value()](Backward& back) {
    const Tensor& gradient = back.output_gradient();
    with_floating(gradient.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T* dy = gradient.data<T>();
      receive<T>(back, 0, [&](T* dx) { convolve_to_images(over, O, dy, vw.data<T>(), dx); });
      Tensor db;
      if (biased && back.wants(2)) db = Tensor::empty({O}, vx.dtype());
      if (back.wants(1) || db.defined()) {
        Tensor dw = Tensor::empty(vw.shape(), vw.dtype());
        convolve_to_weights(over, O, vx.data<T>(), dy, dw.data<T>(),
                            db.defined() ? db.data<T>() : nullptr);
        back.pass(1, dw);
        if (db.defined()) back.pass(2, db);
      }
    });
  };
  if (b == nullptr) return Graph::of({&x, &w}).emit(std::move(y), {x, w}, backward);
  return Graph::of({&x, &w, b}).emit(std::move(y), {x, w, *b}, backward);
}

Var pooling_of(Pooling pooling, Var x, const Window& window) {
  const WindowOverImages over(x.shape(), window);
  Tensor y = Tensor::empty(over.pooled(), x.dtype());
  Tensor places;
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    places = pool(over, pooling, x.value().data<T>(), y.data<T>());
  });
  return Graph::of({&x}).emit(std::move(y), {x}, [over, pooling, places](Backward& back) {
    const Tensor& gradient = back.output_gradient();
    with_floating(gradient.dtype(), [&](auto zero) {
      using T = decltype(zero);
      receive<T>(back, 0, [&](T* dx) { pool_back(over, pooling, places, gradient.data<T>(), dx); });
    });
  });
}

}  // namespace

Var conv2d(Var x, Var w, const ConvolutionOptions& options) {
  return convolution(x, w, nullptr, options);
}
Var conv2d(Var x, Var w, Var b, const ConvolutionOptions& options) {
  return convolution(x, w, &b, options);
}

Var max_pool2d(Var x, const Window& window) {
  return pooling_of(Pooling::largest, x, window);
}
Var average_pool2d(Var x, const Window& window) {
  return pooling_of(Pooling::average, x, window);
}
Var mean_over_pixels(Var x) {
  if (x.shape().rank() != 4)
    throw std::invalid_argument(
        fmt::format("mean_over_pixels: shape {}, expected [N, C, H, W]", x.shape().text()));
  return reshape(average_pool2d(x, {{x.dim(2), x.dim(3)}, {1, 1}, {0, 0}}), {x.dim(0), x.dim(1)});
}

}  // namespace unroll
