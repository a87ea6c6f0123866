// The gaussian error linear unit and rotation by position.
#include <unroll/autodiff/ops_transformer.hpp>

#include <cmath>
#include <numbers>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::with_floating;

constexpr std::int64_t kGrain = std::int64_t{1} << 14;  // elements of a task
constexpr double kCubic = 0.044715;
const double kSlope = std::sqrt(2 / std::numbers::pi);

// Each pair of every head by its angle at that step, or back when `forward` is false.
template <typename T>
void turn(const Tensor& x, const Tensor& turns, bool forward, Tensor& y) {
  const std::int64_t width = turns.dim(1);
  const std::int64_t step = x.size() / std::max<std::int64_t>(x.dim(0), 1);
  const T sign = forward ? T(1) : T(-1);
  parallel_chunks(x.dim(0), 1 + kGrain / std::max<std::int64_t>(step, 1),
                  [&](std::int64_t begin, std::int64_t end) {
                    for (std::int64_t t = begin; t < end; ++t) {
                      const T* angle = turns.data<T>() + t * width;
                      const T* from = x.data<T>() + t * step;
                      T* to = y.data<T>() + t * step;
                      for (std::int64_t at = 0; at < step; at += width) {
                        for (std::int64_t i = 0; i < width; i += 2) {
                          const T a = from[at + i], b = from[at + i + 1];
                          const T cosine = angle[i], sine = sign * angle[i + 1];
                          to[at + i] = a * cosine - b * sine;
                          to[at + i + 1] = a * sine + b * cosine;
                        }
                      }
                    }
                  });
}

}  // namespace

Var gelu(Var x) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  Tensor bend = Tensor::empty(x.shape(), x.dtype());  // the tanh
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.value().data<T>();
    T *t = bend.data<T>(), *to = y.data<T>();
    const T slope = static_cast<T>(kSlope), cubic = static_cast<T>(kCubic);
    parallel_chunks(y.size(), kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        t[i] = slope * (from[i] + cubic * from[i] * from[i] * from[i]);
      kernels::tanh(end - begin, t + begin, t + begin);
      for (std::int64_t i = begin; i < end; ++i) to[i] = T(0.5) * from[i] * (T(1) + t[i]);
    });
  });
  return Graph::of({&x}).emit(
      std::move(y), {x}, [kept = x.value(), bend = std::move(bend)](Backward& back) {
        const Tensor& gradient = back.output_gradient();
        bool fresh = false;
        Tensor& dx = back.input_gradient(0, fresh);
        with_floating(gradient.dtype(), [&](auto zero) {
          using T = decltype(zero);
          const T *v = kept.data<T>(), *t = bend.data<T>(), *dy = gradient.data<T>();
          T* to = dx.data<T>();
          const T slope = static_cast<T>(kSlope), cubic = static_cast<T>(3 * kCubic);
          parallel_chunks(dx.size(), kGrain, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
              const T inner = slope * (T(1) + cubic * v[i] * v[i]);
              const T part = dy[i] * T(0.5) * (T(1) + t[i] + v[i] * (T(1) - t[i] * t[i]) * inner);
              to[i] = fresh ? part : to[i] + part;
            }
          });
        });
      });
}

Tensor rotary_turns(std::int64_t steps, std::int64_t width, DType type, double base) {
  if (width <= 0 || width % 2 != 0)
    throw std::invalid_argument(fmt::format("rotary_turns: width {} is not even", width));
  const Tensor turns = Tensor::empty(Shape{steps, width}, DType::f64);
  for (std::int64_t i = 0; i < width; i += 2) {
    const double pace = std::pow(base, -static_cast<double>(i) / static_cast<double>(width));
    for (std::int64_t t = 0; t < steps; ++t) {
      turns.data<double>()[t * width + i] = std::cos(static_cast<double>(t) * pace);
      turns.data<double>()[t * width + i + 1] = std::sin(static_cast<double>(t) * pace);
    }
  }
  return turns.to(type);
}

Var rotate_pairs(Var x, const Tensor& turns) {
  const Shape& shape = x.shape();
  if (shape.rank() != 3 || turns.shape().rank() != 2 || turns.dim(0) != shape.dim(0) ||
      turns.dim(1) <= 0 || turns.dim(1) % 2 != 0 || shape.dim(2) % turns.dim(1) != 0 ||
      turns.dtype() != x.dtype()) {
    misfit("rotate_pairs", shape, turns.shape());
  }
  Tensor y = Tensor::empty(shape, x.dtype());
  with_floating(x.dtype(), [&](auto zero) { turn<decltype(zero)>(x.value(), turns, true, y); });
  return Graph::of({&x}).emit(std::move(y), {x}, [turns](Backward& back) {
    const Tensor& dy = back.output_gradient();
    Tensor dx = Tensor::empty(dy.shape(), dy.dtype());
    with_floating(dy.dtype(), [&](auto zero) { turn<decltype(zero)>(dy, turns, false, dx); });
    back.pass(0, dx);
  });
}

}  // namespace unroll
