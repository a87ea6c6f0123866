// Batch normalisation. Each channel of [N, C, …] is a run of numbers in every example; channels are
// shared out to the threads, each is summed in a fixed order.
#include <cmath>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::require_same_type;
using detail::with_floating;

struct Channels {
  std::int64_t N, C, run;
  double count() const { return static_cast<double>(N * run); }
  /// Calls f(channel) for each.
  template <typename Function>
  void each(Function&& f) const {
    parallel_for(C, f);
  }
  /// Calls f(offset) for each of a channel's runs.
  template <typename Function>
  void runs(std::int64_t c, Function&& f) const {
    for (std::int64_t n = 0; n < N; ++n) f((n * C + c) * run);
  }
};

Channels channels_of(const Var& x, const Var& gain, const Var& bias) {
  require_same_type("batch_norm", x, gain);
  require_same_type("batch_norm", x, bias);
  if (x.shape().rank() < 2 || !(gain.shape() == Shape{x.dim(1)}))
    misfit("batch_norm", x.shape(), gain.shape());
  if (!(bias.shape() == gain.shape())) misfit("batch_norm", gain.shape(), bias.shape());
  const std::int64_t N = x.dim(0), C = x.dim(1);
  return {N, C, N * C == 0 ? 0 : x.shape().size() / (N * C)};
}

// The Var of gain * normal + bias; `of_batch` if means and deviations depend on x:
//   dx = (g - mean(g) - n mean(g n)) / deviation, g = dy * gain; else dx = g / deviation.
Var scaled(const Channels& all, Var x, Var gain, Var bias, Tensor normal, Tensor inverse,
           bool of_batch) {
  Tensor y = Tensor::empty(x.shape(), x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *n = normal.data<T>(), *g = gain.value().data<T>(), *b = bias.value().data<T>();
    T* to = y.data<T>();
    all.each([&](std::int64_t c) {
      const T factor = g[c], shift = b[c];
      all.runs(c, [&](std::int64_t at) {
        for (std::int64_t i = at; i < at + all.run; ++i) to[i] = n[i] * factor + shift;
      });
    });
  });
  const auto backward = [all, normal, inverse, of_batch, vg = gain.value()](Backward& back) {
    const Tensor& gradient = back.output_gradient();
    with_floating(gradient.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const T *dy = gradient.data<T>(), *n = normal.data<T>(), *g = vg.data<T>();
      Tensor dgain = Tensor::empty({all.C}, gradient.dtype()), dbias = dgain.clone();
      Tensor part;
      if (back.wants(0)) part = Tensor::empty(gradient.shape(), gradient.dtype());
      T *to_gain = dgain.data<T>(), *to_bias = dbias.data<T>();
      T* dx = part.defined() ? part.data<T>() : nullptr;
      all.each([&](std::int64_t c) {
        double slope = 0, sum = 0;
        all.runs(c, [&](std::int64_t at) {
          slope += kernels::dot(all.run, dy + at, n + at);
          sum += kernels::sum(all.run, dy + at);
        });
        to_gain[c] = static_cast<T>(slope);
        to_bias[c] = static_cast<T>(sum);
        if (dx == nullptr) return;
        const T scale = g[c] * inverse.data<T>()[c];
        const T mean_slope = of_batch ? static_cast<T>(slope / all.count()) : T(0);
        const T mean = of_batch ? static_cast<T>(sum / all.count()) : T(0);
        all.runs(c, [&](std::int64_t at) {
          for (std::int64_t i = at; i < at + all.run; ++i)
            dx[i] = (dy[i] - mean - n[i] * mean_slope) * scale;
        });
      });
      back.pass(0, part);
      back.pass(1, dgain);
      back.pass(2, dbias);
    });
  };
  return Graph::of({&x, &gain, &bias}).emit(std::move(y), {x, gain, bias}, backward);
}

}  // namespace

Var batch_norm(Var x, Var gain, Var bias, ChannelStatistics& running, double momentum,
               double epsilon) {
  const Channels all = channels_of(x, gain, bias);
  Graph::of({&x, &gain, &bias}).require_whole_batch("batch_norm");
  if (all.count() < 2)
    throw std::invalid_argument(
        fmt::format("batch_norm: one number a channel of {} has no variance", x.shape().text()));
  Tensor normal = Tensor::empty(x.shape(), x.dtype());
  Tensor inverse = Tensor::empty({all.C}, x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.value().data<T>();
    T *n = normal.data<T>(), *scale = inverse.data<T>();
    T *mean = running.mean.data<T>(), *variance = running.variance.data<T>();
    const auto move = [momentum](T& old, double now) {
      old = static_cast<T>((1 - momentum) * static_cast<double>(old) + momentum * now);
    };
    all.each([&](std::int64_t c) {
      double sum = 0, squares = 0;
      all.runs(c, [&](std::int64_t at) { sum += kernels::sum(all.run, from + at); });
      const double centre = sum / all.count();
      const auto shift = static_cast<T>(centre);
      all.runs(c, [&](std::int64_t at) {
        for (std::int64_t i = at; i < at + all.run; ++i) n[i] = from[i] - shift;
        squares += kernels::sum_of_squares(all.run, n + at);
      });
      const auto factor = static_cast<T>(1 / std::sqrt(squares / all.count() + epsilon));
      scale[c] = factor;
      all.runs(c, [&](std::int64_t at) {
        for (std::int64_t i = at; i < at + all.run; ++i) n[i] *= factor;
      });
      move(mean[c], centre);
      move(variance[c], squares / (all.count() - 1));
    });
  });
  return scaled(all, x, gain, bias, normal, inverse, true);
}

Var batch_norm_with(const ChannelStatistics& given, Var x, Var gain, Var bias, double epsilon) {
  const Channels all = channels_of(x, gain, bias);
  if (!(given.mean.shape() == gain.shape())) misfit("batch_norm", x.shape(), given.mean.shape());
  Tensor normal = Tensor::empty(x.shape(), x.dtype());
  Tensor inverse = Tensor::empty({all.C}, x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *from = x.value().data<T>(), *mean = given.mean.data<T>();
    T *n = normal.data<T>(), *scale = inverse.data<T>();
    all.each([&](std::int64_t c) {
      const auto variance = static_cast<double>(given.variance.data<T>()[c]);
      const T shift = mean[c], factor = static_cast<T>(1 / std::sqrt(variance + epsilon));
      scale[c] = factor;
      all.runs(c, [&](std::int64_t at) {
        for (std::int64_t i = at; i < at + all.run; ++i) n[i] = (from[i] - shift) * factor;
      });
    });
  });
  return scaled(all, x, gain, bias, normal, inverse, false);
}

}  // namespace unroll
