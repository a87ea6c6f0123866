// Packed matrix: weights laid out once for products with few rows, as decoding makes them, in
// float32 or fewer bits.
//
// Columns stand in blocks of 16 and up to four blocks in a panel; what lies beyond the matrix is
// zero. A panel's memory is read from front to back: for each k, or pair of k, its blocks one after
// another. The layout is the same for every instruction set.
#pragma once

#include <cstdint>
#include <string_view>

#include <unroll/tensor/tensor.hpp>

namespace unroll {

/// What a packed weight is kept as. Sums are made in float32, or of int8 in integers.
enum class WeightFormat : std::uint8_t {
  f32,
  bf16,  ///< the nearest bfloat16: 8 bits of precision, half the memory
  int8,  ///< -127 … 127 times a scale of the column: a quarter of the memory
};

/// "f32", "bf16", "int8".
std::string_view name_of(WeightFormat format) noexcept;
/// Of one of these names; f32 of any other.
WeightFormat weight_format(std::string_view name) noexcept;

class PackedMatrix {
 public:
  static constexpr std::int64_t kBlock = 16;  ///< columns
  static constexpr std::int64_t kBlocks = 4;  ///< of a panel, at most

  PackedMatrix() = default;
  /// M [K, gates * H] row-major: panel p holds columns 16 p … of each gate, a block for each; of a
  /// single gate it is as `columns` has it.
  static PackedMatrix gates(const float* M, std::int64_t K, std::int64_t gates, std::int64_t H,
                            WeightFormat format);
  /// M(k, n) = M[k * row + n * column], K x N: panel p holds columns 64 p …
  static PackedMatrix columns(const float* M, std::int64_t K, std::int64_t N, std::int64_t row,
                              std::int64_t column, WeightFormat format);

  bool defined() const noexcept { return data_.defined(); }
  WeightFormat format() const noexcept { return format_; }
  /// K, rounded up to an even number: so many numbers of a row are read.
  std::int64_t depth() const noexcept { return depth_; }
  /// N, with the padding of its last block.
  std::int64_t width() const noexcept { return blocks_ * kBlock; }
  std::int64_t panels() const noexcept { return (blocks_ + per_panel_ - 1) / per_panel_; }
  /// Blocks of a panel; of the last one there may be fewer.
  int blocks(std::int64_t panel) const noexcept {
    const std::int64_t left = blocks_ - panel * per_panel_;
    return static_cast<int>(left < per_panel_ ? left : per_panel_);
  }
  const std::byte* panel(std::int64_t panel) const noexcept {
    return static_cast<const std::byte*>(data_.raw()) + panel * per_panel_ * block_bytes();
  }
  /// int8: what a panel's integers are times, 16 for each block.
  const float* scales(std::int64_t panel) const {
    return scales_.data<float>() + panel * per_panel_ * kBlock;
  }
  std::int64_t bytes() const noexcept { return blocks_ * block_bytes(); }

 private:
  template <typename Element>
  static PackedMatrix make(std::int64_t K, std::int64_t blocks, std::int64_t per_panel,
                           WeightFormat format, const Element& element);
  std::int64_t block_bytes() const noexcept;

  WeightFormat format_{};
  std::int64_t depth_ = 0, blocks_ = 0, per_panel_ = 1;
  Tensor data_;    // bytes
  Tensor scales_;  // int8: [blocks, 16]
};

/// Rows as numbers that a product with int8 weights reads: of 16 bits, with a scale for each row,
/// so few of them that no sum of the integers overflows.
class QuantisedRows {
 public:
  /// Quantises x [rows, width]; the width is a multiple of 16.
  void take(const float* x, std::int64_t rows, std::int64_t width);
  const std::int16_t* row(std::int64_t index) const noexcept {
    return static_cast<const std::int16_t*>(data_.raw()) + index * width_;
  }
  float scale(std::int64_t index) const { return scales_.data<float>()[index]; }

 private:
  std::int64_t width_ = 0;
  Tensor data_, scales_;
};

}  // namespace unroll
