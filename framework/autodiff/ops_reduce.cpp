// Sums, softmax and layer normalisation.
#include <cmath>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::require_same_type;
using detail::with_floating;

Var scaled_sum(Var x, double factor) {
  Tensor y = Tensor::empty(Shape{}, x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    *y.data<T>() = static_cast<T>(factor * kernels::sum(x.value().size(), x.value().data<T>()));
  });
  return Graph::of({&x}).emit(std::move(y), {x}, [factor](Backward& back) {
    with_floating(back.output_gradient().dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T each = static_cast<T>(factor) * *back.output_gradient().data<T>();
      bool fresh = false;
      for (T& v : back.input_gradient(0, fresh).span<T>()) v = fresh ? each : v + each;
    });
  });
}

}  // namespace

Var sum(Var x) {
  return scaled_sum(x, 1.0);
}
Var mean(Var x) {
  if (x.shape().size() == 0) throw std::invalid_argument("mean: no elements");
  return scaled_sum(x, 1.0 / static_cast<double>(x.shape().size()));
}

Var softmax(Var x) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::softmax(x.shape().rows(), x.shape().last(), x.value().data<T>(), y.data<T>());
  });
  return detail::softmax_of(x, std::move(y));
}

// dx = y * (dy - sum(dy * y)).
Var detail::softmax_of(Var x, Tensor y) {
  Tensor kept = y;
  return Graph::of({&x}).emit(std::move(y), {x}, [kept = std::move(kept)](Backward& back) {
    const Tensor& gradient = back.output_gradient();
    bool fresh = false;
    Tensor& dx = back.input_gradient(0, fresh);
    with_floating(gradient.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const std::int64_t V = kept.shape().last();
      for (std::int64_t at = 0; at < kept.size(); at += V) {
        const T *p = kept.data<T>() + at, *dy = gradient.data<T>() + at;
        T* to = dx.data<T>() + at;
        const auto common = static_cast<T>(kernels::dot(V, p, dy));
        for (std::int64_t i = 0; i < V; ++i) {
          const T part = p[i] * (dy[i] - common);
          to[i] = fresh ? part : to[i] + part;
        }
      }
    });
  });
}

// dx = dy - softmax(x) * sum(dy).
Var log_softmax(Var x) {
  const std::int64_t R = x.shape().rows(), V = x.shape().last();
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  const Tensor lse = Tensor::empty(Shape{R}, x.dtype());
  const Tensor largest = Tensor::empty(Shape{R}, DType::i32);
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* px = x.value().data<T>();
    kernels::log_sum_exp(R, V, px, lse.data<T>(), largest.data<std::int32_t>());
    T* py = y.data<T>();
    for (std::int64_t r = 0; r < R; ++r) {
      const T shift = lse.data<T>()[r];
      for (std::int64_t i = r * V; i < (r + 1) * V; ++i) py[i] = px[i] - shift;
    }
  });
  Tensor kept = y;
  return Graph::of({&x}).emit(std::move(y), {x}, [kept = std::move(kept), R, V](Backward& back) {
    const Tensor& gradient = back.output_gradient();
    bool fresh = false;
    Tensor& dx = back.input_gradient(0, fresh);
    with_floating(gradient.dtype(), [&](auto zero) {
      using T = decltype(zero);
      Tensor p = Tensor::empty(Shape{V}, kept.dtype());
      for (std::int64_t r = 0; r < R; ++r) {
        const T* dy = gradient.data<T>() + r * V;
        T* to = dx.data<T>() + r * V;
        kernels::exp(V, kept.data<T>() + r * V, p.data<T>());
        const auto total = static_cast<T>(kernels::sum(V, dy));
        for (std::int64_t i = 0; i < V; ++i) {
          const T part = dy[i] - p.data<T>()[i] * total;
          to[i] = fresh ? part : to[i] + part;
        }
      }
    });
  });
}

// With n = (x - mean) / deviation:  dx = (g - mean(g) - n mean(g n)) / deviation, g = dy * gain.
Var layer_norm(Var x, Var gain, Var bias, double epsilon) {
  require_same_type("layer_norm", x, gain);
  require_same_type("layer_norm", x, bias);
  const std::int64_t R = x.shape().rows(), F = x.shape().last();
  if (!(gain.shape() == Shape{F})) misfit("layer_norm", x.shape(), gain.shape());
  if (!(bias.shape() == Shape{F})) misfit("layer_norm", x.shape(), bias.shape());
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  Tensor normal = Tensor::empty(x.shape(), x.dtype());
  Tensor inverse = Tensor::empty(Shape{R}, x.dtype());  // 1 / deviation
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *g = gain.value().data<T>(), *b = bias.value().data<T>();
    for (std::int64_t r = 0; r < R; ++r) {
      const T* from = x.value().data<T>() + r * F;
      T *n = normal.data<T>() + r * F, *to = y.data<T>() + r * F;
      const auto mean = static_cast<T>(kernels::sum(F, from) / static_cast<double>(F));
      for (std::int64_t i = 0; i < F; ++i) n[i] = from[i] - mean;
      const double variance = kernels::sum_of_squares(F, n) / static_cast<double>(F);
      const T scale = static_cast<T>(1.0 / std::sqrt(variance + epsilon));
      inverse.data<T>()[r] = scale;
      for (std::int64_t i = 0; i < F; ++i) {
        n[i] *= scale;
        to[i] = n[i] * g[i] + b[i];
      }
    }
  });
  return Graph::of({&x, &gain, &bias})
      .emit(std::move(y), {x, gain, bias},
            [normal, inverse, vg = gain.value(), R, F](Backward& back) {
              const Tensor& gradient = back.output_gradient();
              with_floating(gradient.dtype(), [&](auto zero) {
                using T = decltype(zero);
                const T *dy = gradient.data<T>(), *n = normal.data<T>(), *g = vg.data<T>();
                Tensor part = Tensor::empty(gradient.shape(), gradient.dtype());
                T* p = part.data<T>();
                if (back.wants(1)) {
                  bool fresh = false;
                  Tensor& dgain = back.input_gradient(1, fresh);
                  kernels::multiply(gradient.size(), dy, n, p);
                  kernels::column_sums(R, F, p, dgain.data<T>(), !fresh);
                }
                if (back.wants(2)) {
                  bool fresh = false;
                  Tensor& dbias = back.input_gradient(2, fresh);
                  kernels::column_sums(R, F, dy, dbias.data<T>(), !fresh);
                }
                if (!back.wants(0)) return;
                for (std::int64_t r = 0; r < R; ++r) {
                  const std::int64_t at = r * F;
                  kernels::multiply(F, dy + at, g, p + at);
                  const auto centre =
                      static_cast<T>(kernels::sum(F, p + at) / static_cast<double>(F));
                  const auto slope =
                      static_cast<T>(kernels::dot(F, p + at, n + at) / static_cast<double>(F));
                  const T scale = inverse.data<T>()[r];
                  for (std::int64_t i = at; i < at + F; ++i)
                    p[i] = (p[i] - centre - n[i] * slope) * scale;
                }
                back.pass(0, part);
              });
            });
}

}  // namespace unroll
