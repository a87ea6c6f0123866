// Dropout, the cross-entropy of softmax and squared errors.
#include <algorithm>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/core/random.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {

using detail::misfit;
using detail::with_floating;

Var dropout(Var x, double probability, RandomStream& random, bool per_sequence) {
  if (!(probability >= 0.0 && probability < 1.0)) {
    throw std::invalid_argument(
        fmt::format("dropout: probability {} is not in [0, 1)", probability));
  }
  if (probability == 0.0) return x;
  Graph::of({&x}).require_whole_batch("dropout");
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

// Row r's loss is  share (lse - x_target) + sum over c of even_c (lse - x_c),  with the shares
// (1 - smoothing) w_target and even_c = smoothing w_c / V; its gradient therefore
// (share + sum of even) softmax(x) - share one_hot(target) - even.
CrossEntropy cross_entropy(Var logits, const Tensor& targets, const CrossEntropyOptions& options) {
  const Shape& shape = logits.shape();
  const std::int64_t R = shape.rows(), V = shape.last();
  const auto leading = shape.dims().first(shape.rank() == 0 ? 0 : shape.rank() - 1);
  const bool leading_fit = std::ranges::equal(leading, targets.shape().dims());
  if (!leading_fit) misfit("cross_entropy", shape, targets.shape());
  const Tensor& w = options.class_weights;
  if (w.defined() && !(w.shape() == Shape{V})) misfit("cross_entropy", shape, w.shape());
  const double smoothing = options.label_smoothing;
  if (!(smoothing >= 0.0 && smoothing < 1.0)) {
    throw std::invalid_argument(
        fmt::format("cross_entropy: label smoothing {} is not in [0, 1)", smoothing));
  }
  const auto* target = targets.data<std::int32_t>();
  CrossEntropy result;
  double total = 0, evens = 0;
  Tensor lse = Tensor::empty(Shape{R}, logits.dtype());
  const Tensor largest = Tensor::empty(Shape{R}, DType::i32);
  Tensor shares, even;  // of each row, of each class; undefined where 1 and 0
  if (w.defined() || smoothing > 0) shares = Tensor::zeros(Shape{R}, logits.dtype());
  with_floating(logits.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if (smoothing > 0) {
      even = w.defined() ? w.clone() : Tensor::full(Shape{V}, 1, logits.dtype());
      kernels::scale(V, static_cast<T>(smoothing / static_cast<double>(V)), even.data<T>(),
                     even.data<T>());
      evens = kernels::sum(V, even.data<T>());
    }
    const T* x = logits.value().data<T>();
    kernels::log_sum_exp(R, V, x, lse.data<T>(), largest.data<std::int32_t>());
    for (std::int64_t r = 0; r < R; ++r) {
      if (target[r] < 0) continue;
      if (target[r] >= V) {
        throw std::invalid_argument(
            fmt::format("cross_entropy: target {} where there are {} classes", target[r], V));
      }
      const auto normaliser = static_cast<double>(lse.data<T>()[r]);
      const double weight = w.defined() ? static_cast<double>(w.data<T>()[target[r]]) : 1.0;
      const double share = (1 - smoothing) * weight;
      total += share * (normaliser - static_cast<double>(x[r * V + target[r]]));
      if (even.defined()) total += evens * normaliser - kernels::dot(V, even.data<T>(), x + r * V);
      if (shares.defined()) shares.data<T>()[r] = static_cast<T>(share);
      result.weight += weight;
      ++result.counted;
      result.correct += largest.data<std::int32_t>()[r] == target[r] ? 1 : 0;
    }
  });
  result.total = Graph::of({&logits}).emit(
      Tensor::full(Shape{}, total, logits.dtype()), {logits},
      [lse, targets, shares, even, evens, vx = logits.value(), R, V](Backward& back) {
        bool fresh = false;
        Tensor& dx = back.input_gradient(0, fresh);
        with_floating(dx.dtype(), [&](auto zero) {
          using T = decltype(zero);
          const T scale = *back.output_gradient().data<T>();
          const auto* id = targets.data<std::int32_t>();
          if (!shares.defined()) {
            kernels::cross_entropy_gradient(R, V, vx.data<T>(), lse.data<T>(), id, scale,
                                            dx.data<T>(), !fresh);
            return;
          }
          parallel_for(R, [&](std::int64_t r) {
            T* row = dx.data<T>() + r * V;
            const T all = scale * (shares.data<T>()[r] + static_cast<T>(evens));
            kernels::cross_entropy_gradient(1, V, vx.data<T>() + r * V, lse.data<T>() + r, id + r,
                                            all, row, !fresh);
            if (!even.defined() || id[r] < 0) return;
            row[id[r]] += scale * static_cast<T>(evens);
            kernels::axpy(V, -scale, even.data<T>(), row);
          });
        });
      });
  return result;
}

SquaredError squared_error(Var x, const Tensor& targets, const Tensor& mask) {
  const Shape& shape = x.shape();
  if (!(targets.shape() == shape)) misfit("squared_error", shape, targets.shape());
  const bool by_row = mask.defined() && !(mask.shape() == shape);
  if (by_row && (shape.rank() == 0 ||
                 !std::ranges::equal(shape.dims().first(shape.rank() - 1), mask.shape().dims()))) {
    misfit("squared_error", shape, mask.shape());
  }
  const std::int64_t width = by_row ? shape.last() : 1;
  SquaredError result;
  double total = 0;
  Tensor slope = Tensor::empty(shape, x.dtype());  // mask * (x - target)
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *px = x.value().data<T>(), *pt = targets.data<T>();
    for (std::int64_t i = 0; i < shape.size(); ++i) {
      const T weight = mask.defined() ? mask.data<T>()[i / width] : T(1);
      // What counts for nothing may be missing, that is not a number.
      const T off = weight == T(0) ? T(0) : px[i] - pt[i];
      slope.data<T>()[i] = weight * off;
      total += static_cast<double>(weight * off * off);
      result.weight += static_cast<double>(weight);
    }
  });
  result.total =
      Graph::of({&x}).emit(Tensor::full(Shape{}, total, x.dtype()), {x}, [slope](Backward& back) {
        bool fresh = false;
        Tensor& dx = back.input_gradient(0, fresh);
        with_floating(dx.dtype(), [&](auto zero) {
          using T = decltype(zero);
          const T twice = T(2) * *back.output_gradient().data<T>();
          fresh ? kernels::scale(dx.size(), twice, slope.data<T>(), dx.data<T>())
                : kernels::axpy(dx.size(), twice, slope.data<T>(), dx.data<T>());
        });
      });
  return result;
}

}  // namespace unroll
