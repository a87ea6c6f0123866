#include <unroll/model/packed_layer.hpp>

#include <algorithm>

namespace unroll {
namespace {

/// rows [rows, width] with padded width.
Tensor padded_rows(const Tensor& values, std::int64_t rows, std::int64_t width) {
  const std::int64_t wide = padded_width(width);
  Tensor padded = Tensor::zeros({rows, wide});
  for (std::int64_t r = 0; r < rows; ++r)
    std::copy_n(values.data<float>() + r * width, width, padded.data<float>() + r * wide);
  return padded;
}

PackedLayer without_input(const CellWeights& cell, WeightFormat format) {
  PackedLayer layer;
  const std::int64_t H = cell.U->value().dim(0), G = kernels::gates_of(cell.kind);
  layer.recurrent = PackedMatrix::gates(cell.U->value().data<float>(), H, G, H, format);
  layer.bias = padded_rows(cell.b->value(), G, H);
  if (cell.extra != nullptr)
    layer.extra = padded_rows(cell.extra->value(), cell.extra->size() / H, H);
  layer.gates.kind = cell.kind;
  layer.gates.hidden = H;
  layer.gates.bias = layer.bias.data<float>();
  if (cell.extra != nullptr) layer.gates.extra = layer.extra.data<float>();
  return layer;
}

}  // namespace

std::int64_t padded_width(std::int64_t width) noexcept {
  constexpr std::int64_t kBlock = PackedMatrix::kBlock;
  return (width + kBlock - 1) / kBlock * kBlock;
}

PackedLayer PackedLayer::dense(const CellWeights& cell, std::int64_t width, WeightFormat format) {
  PackedLayer layer = without_input(cell, format);
  const std::int64_t G = kernels::gates_of(cell.kind);
  layer.input =
      PackedMatrix::gates(cell.W->value().data<float>(), width, G, layer.hidden(), format);
  return layer;
}

PackedLayer PackedLayer::of_tokens(const CellWeights& cell, const Tensor& table,
                                   WeightFormat format) {
  PackedLayer layer = without_input(cell, format);
  layer.table = table;
  layer.gates.table = table.data<float>();
  layer.gates.classes = table.dim(0);
  layer.gates.table_row = kernels::gates_of(cell.kind) * layer.hidden();
  layer.gates.table_gate = layer.hidden();
  return layer;
}

std::int64_t PackedLayer::bytes() const noexcept {
  return (input.defined() ? input.bytes() : 0) + recurrent.bytes();
}

}  // namespace unroll
