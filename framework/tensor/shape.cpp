#include <unroll/tensor/shape.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

#include <unroll/core/archive.hpp>

namespace unroll {

Shape::Shape(std::initializer_list<std::int64_t> dims)
    : Shape(std::span<const std::int64_t>(dims.begin(), dims.size())) {}

Shape::Shape(std::span<const std::int64_t> dims) : rank_(dims.size()) {
  if (rank_ > kMaxRank) {
    throw std::invalid_argument(
        fmt::format("a shape has at most {} dimensions, not {}", kMaxRank, rank_));
  }
  std::int64_t size = 1;
  for (std::size_t i = 0; i < rank_; ++i) {
    if (dims[i] < 0 || __builtin_mul_overflow(size, dims[i], &size)) {
      throw std::invalid_argument(fmt::format("impossible shape [{}]", fmt::join(dims, ", ")));
    }
    dims_[i] = dims[i];
  }
}

std::int64_t Shape::dim(int index) const {
  const auto rank = static_cast<int>(rank_);
  const int i = index < 0 ? index + rank : index;
  if (i < 0 || i >= rank) {
    throw std::out_of_range(fmt::format("shape {} has no dimension {}", text(), index));
  }
  return dims_[static_cast<std::size_t>(i)];
}

std::int64_t Shape::size() const noexcept {
  std::int64_t size = 1;
  for (std::size_t i = 0; i < rank_; ++i) size *= dims_[i];
  return size;
}

std::int64_t Shape::size_without_last() const noexcept {
  std::int64_t size = 1;
  for (std::size_t i = 0; i + 1 < rank_; ++i) size *= dims_[i];
  return size;
}

std::string Shape::text() const {
  return shape_text(dims());
}

}  // namespace unroll
