// Views, pieces and joins. Pieces of the leading dimension share memory with the whole.
#include <algorithm>

#include <unroll/autodiff/op_support.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::move_block;
using detail::require_same_type;
using detail::with_floating;

void check_range(std::string_view operation, const Shape& shape, std::int64_t size,
                 std::int64_t begin, std::int64_t end) {
  if (begin < 0 || begin > end || end > size) {
    throw std::invalid_argument(
        fmt::format("{}: {} … {} of shape {}", operation, begin, end, shape.text()));
  }
}

// Copies or adds columns `at` … of a wide array from or to a narrow one, row by row.
void take_columns(const Tensor& wide, std::int64_t at, Tensor& narrow) {
  const std::int64_t W = wide.shape().last(), F = narrow.shape().last();
  with_floating(wide.dtype(), [&](auto zero) {
    using T = decltype(zero);
    move_block(narrow.shape().rows(), F, wide.data<T>() + at, W, narrow.data<T>(), F, false);
  });
}
void give_columns(const Tensor& narrow, std::int64_t at, Tensor& wide, bool add) {
  const std::int64_t W = wide.shape().last(), F = narrow.shape().last();
  with_floating(wide.dtype(), [&](auto zero) {
    using T = decltype(zero);
    move_block(narrow.shape().rows(), F, narrow.data<T>(), F, wide.data<T>() + at, W, add);
  });
}

// Rows of the leading dimension as a view; the gradient is added into that part of x's.
Var leading_view(Var x, Tensor view) {
  const auto offset =
      static_cast<std::byte*>(view.raw()) - static_cast<std::byte*>(x.value().raw());
  return Graph::of({&x}).emit(std::move(view), {x}, [offset](Backward& back) {
    const Tensor& dy = back.output_gradient();
    Tensor& dx = back.input_gradient(0);
    with_floating(dy.dtype(), [&](auto zero) {
      using T = decltype(zero);
      T* to = dx.data<T>() + offset / static_cast<std::ptrdiff_t>(sizeof(T));
      move_block(1, dy.size(), dy.data<T>(), 0, to, 0, true);
    });
  });
}

}  // namespace

Var reshape(Var x, const Shape& shape) {
  return Graph::of({&x}).emit(x.value().reshaped(shape), {x},
                              [](Backward& back) { back.pass(0, back.output_gradient()); });
}

Var columns(Var x, std::int64_t begin, std::int64_t end) {
  Graph& graph = Graph::of({&x});
  check_range("columns", x.shape(), x.shape().last(), begin, end);
  Tensor y = Tensor::empty(detail::with_last(x.shape(), end - begin), x.dtype());
  take_columns(x.value(), begin, y);
  return graph.emit(std::move(y), {x}, [begin](Backward& back) {
    give_columns(back.output_gradient(), begin, back.input_gradient(0), true);
  });
}

std::vector<Var> split(Var x, std::int64_t parts) {
  Graph& graph = Graph::of({&x});
  if (parts < 1 || x.shape().last() % parts != 0) {
    throw std::invalid_argument(
        fmt::format("split: shape {} into {} equal parts", x.shape().text(), parts));
  }
  const std::int64_t width = x.shape().last() / parts;
  std::vector<Tensor> values;
  values.reserve(static_cast<std::size_t>(parts));
  for (std::int64_t part = 0; part < parts; ++part) {
    values.push_back(Tensor::empty(detail::with_last(x.shape(), width), x.dtype()));
    take_columns(x.value(), part * width, values.back());
  }
  const Var inputs[] = {x};
  return graph.emit_many(values, inputs, [parts, width](Backward& back) {
    bool complete = true;
    for (int k = 0; k < parts; ++k) complete = complete && back.output_gradient(k).defined();
    bool fresh = false;
    Tensor& dx = complete ? back.input_gradient(0, fresh) : back.input_gradient(0);
    for (int k = 0; k < parts; ++k) {
      const Tensor& dy = back.output_gradient(k);
      if (dy.defined()) give_columns(dy, k * width, dx, !fresh);
    }
  });
}

Var concatenate(std::span<const Var> parts) {
  if (parts.empty()) throw std::invalid_argument("concatenate: nothing to join");
  std::int64_t width = 0;
  for (const Var& part : parts) {
    require_same_type("concatenate", parts[0], part);
    width += part.shape().last();
    if (!(detail::with_last(part.shape(), 1) == detail::with_last(parts[0].shape(), 1))) {
      misfit("concatenate", parts[0].shape(), part.shape());
    }
  }
  Tensor y = Tensor::empty(detail::with_last(parts[0].shape(), width), parts[0].dtype());
  std::int64_t at = 0;
  for (const Var& part : parts) {
    give_columns(part.value(), at, y, false);
    at += part.shape().last();
  }
  const auto count = static_cast<int>(parts.size());
  return detail::graph_of(parts).emit(std::move(y), parts, [count](Backward& back) {
    const Tensor& dy = back.output_gradient();
    std::int64_t begin = 0;
    for (int k = 0; k < count; ++k) {
      const Shape shape = back.input_shape(k);
      if (back.wants(k)) {
        Tensor part = Tensor::empty(shape, dy.dtype());
        take_columns(dy, begin, part);
        back.pass(k, part);
      }
      begin += shape.last();
    }
  });
}

Var at(Var x, std::int64_t index) {
  check_range("at", x.shape(), x.dim(0), index, index + 1);
  return leading_view(x, x.value()[index]);
}

Var slice(Var x, std::int64_t begin, std::int64_t end) {
  check_range("slice", x.shape(), x.dim(0), begin, end);
  return leading_view(x, x.value().slice(begin, end));
}

Var stack(std::span<const Var> steps) {
  if (steps.empty()) throw std::invalid_argument("stack: nothing to stack");
  const Shape& step = steps[0].shape();
  std::array<std::int64_t, Shape::kMaxRank + 1> dims{};
  dims[0] = std::ssize(steps);
  std::copy(step.dims().begin(), step.dims().end(), dims.begin() + 1);
  const Shape shape(std::span<const std::int64_t>(dims.data(), step.rank() + 1));
  Tensor y = Tensor::empty(shape, steps[0].dtype());
  for (std::int64_t t = 0; const Var& var : steps) {
    require_same_type("stack", steps[0], var);
    if (!(var.shape() == step)) misfit("stack", step, var.shape());
    y[t++].copy_from(var.value());
  }
  const auto count = static_cast<int>(steps.size());
  return detail::graph_of(steps).emit(std::move(y), steps, [count](Backward& back) {
    for (int k = 0; k < count; ++k) back.pass(k, back.output_gradient()[k]);
  });
}

Var reverse_time(Var x) {
  Graph& graph = Graph::of({&x});
  const auto reversed = [](const Tensor& from) {
    Tensor to = Tensor::empty(from.shape(), from.dtype());
    const std::int64_t T = from.dim(0);
    for (std::int64_t t = 0; t < T; ++t) to[t].copy_from(from[T - 1 - t]);
    return to;
  };
  return graph.emit(reversed(x.value()), {x},
                    [reversed](Backward& back) { back.pass(0, reversed(back.output_gradient())); });
}

Var detach(Var x) {
  return Graph::of({&x}).constant(x.value());
}

}  // namespace unroll
