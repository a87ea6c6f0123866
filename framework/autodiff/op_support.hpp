// Shared by the files that implement operations; private to this room.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>

#include <unroll/autodiff/ops.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll::detail {

/// The Var of y, the softmax of x's rows (or of a part of each, zero elsewhere).
Var softmax_of(Var x, Tensor y);

/// Calls f with a zero of the element type.
template <typename Function>
void with_floating(DType type, Function&& f) {
  switch (type) {
    case DType::f32:
      f(float{});
      return;
    case DType::f64:
      f(double{});
      return;
    default:
      throw std::invalid_argument("operations work on float32 and float64, not int32");
  }
}

/// Throws "matmul: shapes [3, 4] and [5, 6] do not fit".
[[noreturn]] inline void misfit(std::string_view operation, const Shape& a, const Shape& b) {
  throw std::invalid_argument(
      fmt::format("{}: shapes {} and {} do not fit", operation, a.text(), b.text()));
}

inline void require_same_type(std::string_view operation, const Var& a, const Var& b) {
  if (a.dtype() != b.dtype()) {
    throw std::invalid_argument(
        fmt::format("{}: {} and {} do not mix", operation, name_of(a.dtype()), name_of(b.dtype())));
  }
}

/// The graph that these operands, at least one, are on.
inline Graph& graph_of(std::span<const Var> operands) {
  for (const Var& var : operands) {
    if (var.graph() != nullptr) return *var.graph();
  }
  return Graph::of({&operands[0]});
}

/// `shape` with another last dimension.
inline Shape with_last(const Shape& shape, std::int64_t last) {
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  const std::size_t rank = shape.rank();
  if (rank == 0) throw std::invalid_argument("a scalar has no last dimension");
  for (std::size_t i = 0; i + 1 < rank; ++i) dims[i] = shape.dims()[i];
  dims[rank - 1] = last;
  return Shape(std::span<const std::int64_t>(dims.data(), rank));
}

/// `shape` with another leading dimension.
inline Shape with_first(const Shape& shape, std::int64_t first) {
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  const std::size_t rank = shape.rank();
  if (rank == 0) throw std::invalid_argument("a scalar has no leading dimension");
  for (std::size_t i = 0; i < rank; ++i) dims[i] = shape.dims()[i];
  dims[0] = first;
  return Shape(std::span<const std::int64_t>(dims.data(), rank));
}

/// Copies or adds a block of [rows, columns] between arrays of these row strides.
template <typename T>
void move_block(std::int64_t rows, std::int64_t columns, const T* from, std::int64_t from_stride,
                T* to, std::int64_t to_stride, bool add) {
  for (std::int64_t r = 0; r < rows; ++r, from += from_stride, to += to_stride) {
    if (add) {
      kernels::add(columns, from, to, to);
    } else {
      std::copy_n(from, columns, to);
    }
  }
}

}  // namespace unroll::detail
