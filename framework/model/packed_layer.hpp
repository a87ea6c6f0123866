// Packed layer: the weights of a layer of a recurrence, as the kernels of decoding read them.
#pragma once

#include <cstdint>

#include <unroll/model/packable_cell.hpp>
#include <unroll/tensor/kernels_decoding.hpp>

namespace unroll {

struct PackedLayer {
  kernels::DecodingGates gates;
  PackedMatrix input;         ///< W, or undefined where a table stands for x W
  PackedMatrix recurrent;     ///< U
  Tensor bias, extra, table;  ///< what `gates` points to

  /// Reads dense input of this width.
  static PackedLayer dense(const CellWeights& cell, std::int64_t width, WeightFormat format);
  /// Reads tokens: row `id` of `table` [classes, G*H] is x W.
  static PackedLayer of_tokens(const CellWeights& cell, const Tensor& table, WeightFormat format);

  std::int64_t hidden() const noexcept { return gates.hidden; }
  /// Of the columns of either product: G times H, padded.
  std::int64_t sums() const noexcept { return recurrent.width(); }
  std::int64_t panels() const noexcept { return recurrent.panels(); }
  /// Multiplications of x W, of one row.
  std::int64_t input_products() const noexcept {
    return input.defined() ? input.depth() * sums() : 0;
  }
  /// Of h U.
  std::int64_t recurrent_products() const noexcept { return recurrent.depth() * sums(); }
  std::int64_t bytes() const noexcept;
};

/// H, with zeros up to the next 16.
std::int64_t padded_width(std::int64_t width) noexcept;

}  // namespace unroll
