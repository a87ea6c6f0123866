// Shape: the extents of a dense row-major array, without heap memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace unroll {

/// At most five dimensions. Letters used throughout: T time, N batch, I input, H hidden,
/// G gates, F features, V vocabulary.
class Shape {
 public:
  static constexpr std::size_t kMaxRank = 5;

  Shape() = default;
  Shape(std::initializer_list<std::int64_t> dims);
  explicit Shape(std::span<const std::int64_t> dims);

  std::size_t rank() const noexcept { return rank_; }
  /// Negative indices count from the back: dim(-1) is the last.
  std::int64_t dim(int index) const;
  std::int64_t last() const { return dim(-1); }
  /// Number of elements; 1 for a scalar (rank 0).
  std::int64_t size() const noexcept;
  /// Product of all but the last dimension.
  std::int64_t rows() const { return rank_ == 0 ? 1 : size_without_last(); }
  std::span<const std::int64_t> dims() const noexcept { return {dims_.data(), rank_}; }
  /// "[3, 4, 5]".
  std::string text() const;

  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    return a.rank_ == b.rank_ && a.dims_ == b.dims_;
  }

 private:
  std::int64_t size_without_last() const noexcept;

  std::array<std::int64_t, kMaxRank> dims_{};
  std::size_t rank_ = 0;
};

}  // namespace unroll
