// Packed sequences, and pieces of the leading dimension.
#include <algorithm>
#include <numeric>

#include <unroll/autodiff/op_support.hpp>
#include <unroll/core/random.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

using detail::misfit;
using detail::require_same_type;
using detail::with_floating;

// Row r of the result is row from[r] of x, zeros where that is -1.
Tensor taken(const Tensor& x, const Shape& shape, const Tensor& from) {
  Tensor y = Tensor::empty(shape, x.dtype());
  with_floating(x.dtype(), [&](auto zero) {
    using T = decltype(zero);
    kernels::gather_rows(from.size(), shape.last(), x.shape().rows(), from.data<std::int32_t>(),
                         x.data<T>(), nullptr, y.data<T>());
  });
  return y;
}

// The same on the tape. No row is taken twice: `to` says where each row of x went, -1 for nowhere.
Var rearranged(Var x, const Shape& shape, const Tensor& from, const Tensor& to) {
  Graph& graph = Graph::of({&x});
  if (const Tensor ids = graph.ids_of(x); ids.defined()) {
    const Shape leading(shape.dims().first(shape.rank() - 1));
    Tensor moved = Tensor::empty(leading, DType::i32);
    std::ranges::transform(from.span<std::int32_t>(), moved.data<std::int32_t>(),
                           [&](auto row) { return row < 0 ? -1 : ids.data<std::int32_t>()[row]; });
    return graph.one_hot(moved, shape.last(), x.dtype());
  }
  return graph.emit(taken(x.value(), shape, from), {x}, [to](Backward& back) {
    back.pass(0, taken(back.output_gradient(), back.input_shape(0), to));
  });
}

void require_rows(std::string_view operation, const Var& rows, const Packing& packing) {
  if (rows.shape().rank() != 2 || rows.dim(0) != packing.rows()) {
    throw std::invalid_argument(fmt::format("{}: shape {}, expected [{}, F] as packed", operation,
                                            rows.shape().text(), packing.rows()));
  }
}

}  // namespace

Var pack(Var x, const Packing& packing) {
  if (x.shape().rank() != 3 || x.dim(0) != packing.steps() || x.dim(1) != packing.lanes()) {
    throw std::invalid_argument(fmt::format("pack: shape {}, expected [{}, {}, F]",
                                            x.shape().text(), packing.steps(), packing.lanes()));
  }
  return rearranged(x, {packing.rows(), x.dim(2)}, packing.origins(), packing.places());
}

Var unpack(Var rows, const Packing& packing) {
  require_rows("unpack", rows, packing);
  return rearranged(rows, {packing.steps(), packing.lanes(), rows.dim(1)}, packing.places(),
                    packing.origins());
}

Var reverse_sequences(Var rows, const Packing& packing) {
  require_rows("reverse_sequences", rows, packing);
  return rearranged(rows, rows.shape(), packing.mirrored(), packing.mirrored());
}

Var dropout(Var rows, double probability, RandomStream& random, const Packing& packing) {
  require_rows("dropout", rows, packing);
  if (probability == 0.0) return rows;
  Graph& graph = Graph::of({&rows});
  const Var ones = graph.constant(Tensor::full({packing.lanes(), rows.dim(1)}, 1, rows.dtype()));
  const Var mask = dropout(ones, probability, random);
  return rows * graph.constant(taken(mask.value(), rows.shape(), packing.lane_of()));
}

std::vector<Var> split_rows(Var x, std::span<const std::int64_t> sizes) {
  const std::int64_t total = std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  if (total != x.dim(0) || std::ranges::any_of(sizes, [](auto size) { return size < 0; })) {
    throw std::invalid_argument(fmt::format("split_rows: shape {} into pieces of {} rows",
                                            x.shape().text(), fmt::join(sizes, " + ")));
  }
  std::vector<Tensor> pieces;
  pieces.reserve(sizes.size());
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    pieces.push_back(x.value().slice(begin, begin + size));
    begin += size;
  }
  const Var inputs[] = {x};
  return Graph::of({&x}).emit_many(
      pieces, inputs, [sizes = std::vector(sizes.begin(), sizes.end())](Backward& back) {
        bool fresh = false;
        Tensor& dx = back.input_gradient(0, fresh);
        const std::int64_t width = dx.size() / std::max<std::int64_t>(1, dx.dim(0));
        with_floating(dx.dtype(), [&](auto zero) {
          using T = decltype(zero);
          T* to = dx.data<T>();
          for (std::size_t k = 0; k < sizes.size(); to += sizes[k++] * width) {
            const Tensor& dy = back.output_gradient(static_cast<int>(k));
            if (dy.defined()) {
              detail::move_block(1, dy.size(), dy.data<T>(), 0, to, 0, !fresh);
            } else if (fresh) {
              std::fill_n(to, sizes[k] * width, T(0));
            }
          }
        });
      });
}

Var join_rows(std::span<const Var> parts) {
  if (parts.empty()) throw std::invalid_argument("join_rows: nothing to join");
  if (parts.size() == 1) return parts[0];
  std::int64_t rows = 0;
  for (const Var& part : parts) {
    require_same_type("join_rows", parts[0], part);
    if (!(detail::with_first(part.shape(), 1) == detail::with_first(parts[0].shape(), 1))) {
      misfit("join_rows", parts[0].shape(), part.shape());
    }
    rows += part.dim(0);
  }
  Tensor y = Tensor::empty(detail::with_first(parts[0].shape(), rows), parts[0].dtype());
  std::int64_t begin = 0;
  for (const Var& part : parts) {
    y.slice(begin, begin + part.dim(0)).copy_from(part.value());
    begin += part.dim(0);
  }
  const auto count = static_cast<int>(parts.size());
  return detail::graph_of(parts).emit(std::move(y), parts, [count](Backward& back) {
    std::int64_t first = 0;
    for (int k = 0; k < count; ++k) {
      const std::int64_t end = first + back.input_shape(k).dim(0);
      back.pass(k, back.output_gradient().slice(first, end));
      first = end;
    }
  });
}

}  // namespace unroll
