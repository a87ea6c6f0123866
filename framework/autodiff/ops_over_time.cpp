// From sequences to one vector a lane, and back.
#include <algorithm>
#include <vector>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

using detail::with_floating;

// The steps of each lane: `lengths`, checked, or all of them.
std::vector<std::int32_t> steps_of(std::string_view operation, const Shape& shape,
                                   std::span<const std::int32_t> lengths) {
  if (shape.rank() != 3) {
    throw std::invalid_argument(
        fmt::format("{}: shape {}, expected [T, N, F]", operation, shape.text()));
  }
  const std::int64_t T = shape.dim(0), N = shape.dim(1);
  if (lengths.empty()) {
    return std::vector<std::int32_t>(static_cast<std::size_t>(N), static_cast<std::int32_t>(T));
  }
  if (std::ssize(lengths) != N) {
    throw std::invalid_argument(fmt::format("{}: {} lengths given for the {} lanes of {}",
                                            operation, lengths.size(), N, shape.text()));
  }
  for (std::size_t n = 0; n < lengths.size(); ++n) {
    if (lengths[n] < 0 || lengths[n] > T) {
      throw std::invalid_argument(
          fmt::format("{}: lane {} has length {}, expected 0 … {}", operation, n, lengths[n], T));
    }
  }
  return {lengths.begin(), lengths.end()};
}

// For each element of [N, F] the number of the step where it is largest, -1 for no steps; the
// first of equals, a NaN before any number.
template <typename T>
void largest_steps(const Tensor& x, std::span<const std::int32_t> lengths, const Tensor& y,
                   const Tensor& steps) {
  const std::int64_t N = x.dim(1), F = x.dim(2);
  parallel_for(N, [&](std::int64_t n) {
    T* best = y.data<T>() + n * F;
    std::int32_t* at = steps.data<std::int32_t>() + n * F;
    const std::int32_t length = lengths[static_cast<std::size_t>(n)];
    std::fill_n(at, F, length > 0 ? 0 : -1);
    std::fill_n(best, F, T(0));
    for (std::int32_t t = 0; t < length; ++t) {
      const T* row = x.data<T>() + (t * N + n) * F;
      if (t == 0) std::copy_n(row, F, best);
      for (std::int64_t f = 0; f < F; ++f) {
        const bool larger = !(row[f] <= best[f]) && best[f] == best[f];
        best[f] = larger ? row[f] : best[f];
        at[f] = larger ? t : at[f];
      }
    }
  });
}

}  // namespace

Var mean_over_time(Var x, std::span<const std::int32_t> lengths) {
  const std::vector<std::int32_t> steps = steps_of("mean_over_time", x.shape(), lengths);
  const std::int64_t N = x.dim(1), F = x.dim(2);
  Tensor y = Tensor::zeros({N, F}, x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    parallel_for(N, [&](std::int64_t n) {
      T* to = y.data<T>() + n * F;
      const std::int32_t length = steps[static_cast<std::size_t>(n)];
      for (std::int64_t t = 0; t < length; ++t) {
        kernels::add(F, x.value().data<T>() + (t * N + n) * F, to, to);
      }
      if (length > 0) kernels::scale(F, T(1) / static_cast<T>(length), to, to);
    });
  });
  return Graph::of({&x}).emit(std::move(y), {x}, [steps, N, F](Backward& back) {
    const Tensor& dy = back.output_gradient();
    Tensor& dx = back.input_gradient(0);
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      parallel_for(N, [&](std::int64_t n) {
        const std::int32_t length = steps[static_cast<std::size_t>(n)];
        for (std::int64_t t = 0; t < length; ++t) {
          kernels::axpy(F, T(1) / static_cast<T>(length), dy.data<T>() + n * F,
                        dx.data<T>() + (t * N + n) * F);
        }
      });
    });
  });
}

Var max_over_time(Var x, std::span<const std::int32_t> lengths) {
  const std::vector<std::int32_t> steps = steps_of("max_over_time", x.shape(), lengths);
  const std::int64_t N = x.dim(1), F = x.dim(2);
  Tensor y = Tensor::empty({N, F}, x.dtype());
  const Tensor largest = Tensor::empty({N, F}, DType::i32);
  with_floating(x.dtype(),
                [&](auto zero) { largest_steps<decltype(zero)>(x.value(), steps, y, largest); });
  return Graph::of({&x}).emit(std::move(y), {x}, [largest, N, F](Backward& back) {
    const Tensor& dy = back.output_gradient();
    Tensor& dx = back.input_gradient(0);
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      const auto* at = largest.data<std::int32_t>();
      for (std::int64_t i = 0; i < N * F; ++i) {
        if (at[i] >= 0) dx.data<T>()[at[i] * N * F + i] += dy.data<T>()[i];
      }
    });
  });
}

Var last_step(Var x, std::span<const std::int32_t> lengths) {
  const std::vector<std::int32_t> steps = steps_of("last_step", x.shape(), lengths);
  const std::int64_t N = x.dim(1), F = x.dim(2);
  Tensor y = Tensor::zeros({N, F}, x.dtype());
  const auto each = [N, F](const std::vector<std::int32_t>& lasts, auto move) {
    for (std::int64_t n = 0; n < N; ++n) {
      const std::int64_t last = lasts[static_cast<std::size_t>(n)] - 1;
      if (last >= 0) move((last * N + n) * F, n * F);
    }
  };
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each(steps, [&](std::int64_t from, std::int64_t to) {
      std::copy_n(x.value().data<T>() + from, F, y.data<T>() + to);
    });
  });
  return Graph::of({&x}).emit(std::move(y), {x}, [steps, each, F](Backward& back) {
    const Tensor& dy = back.output_gradient();
    Tensor& dx = back.input_gradient(0);
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      each(steps, [&](std::int64_t to, std::int64_t from) {
        kernels::axpy(F, T(1), dy.data<T>() + from, dx.data<T>() + to);
      });
    });
  });
}

Var repeat_time(Var x, std::int64_t steps) {
  if (x.shape().rank() != 2 || steps < 0) {
    throw std::invalid_argument(
        fmt::format("repeat_time: {} times a shape {}, expected [N, F]", steps, x.shape().text()));
  }
  const std::int64_t width = x.shape().size();
  Tensor y = Tensor::empty({steps, x.dim(0), x.dim(1)}, x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::fill_rows(steps, width, x.value().data<T>(), y.data<T>());
  });
  return Graph::of({&x}).emit(std::move(y), {x}, [steps, width](Backward& back) {
    const Tensor& dy = back.output_gradient();
    bool fresh = false;
    Tensor& dx = back.input_gradient(0, fresh);
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      kernels::column_sums(steps, width, dy.data<T>(), dx.data<T>(), !fresh);
    });
  });
}

}  // namespace unroll
