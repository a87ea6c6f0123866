// ProductWeights: the right-hand side of products on a tape, in the tape's precision. Private to
// this room.
#pragma once

#include <array>

#include <unroll/autodiff/graph.hpp>
#include <unroll/tensor/gemm_bf16.hpp>

namespace unroll {

/// A matrix w, and what the graph keeps of it while its tape lasts: a parameter is rounded and
/// packed once, however many products read it.
class ProductWeights {
 public:
  ProductWeights(Graph& graph, const Var& w)
      : value(graph.on_tape(w).value()),
        rounded(graph.precision() == Precision::bf16 && w.dtype() == DType::f32),
        layouts_(rounded ? graph.layouts_of(w) : nullptr) {}

  /// op(w), for gemm_bf16; only where it is `rounded`.
  Bf16Packed packed(bool transposed) const {
    const std::int64_t rows = value.dim(0), columns = value.dim(1);
    const std::int64_t K = transposed ? columns : rows, N = transposed ? rows : columns;
    const Bf16Operand operand(value.data<float>(), columns, transposed);
    if (layouts_ == nullptr) return pack_bf16(K, N, operand);
    Tensor& kept = (*layouts_)[transposed ? 1 : 0];
    if (!kept.defined()) kept = pack_bf16(K, N, operand).values;
    return {K, N, kept};
  }

  const Tensor value;
  const bool rounded;  ///< to bfloat16, for products

 private:
  std::array<Tensor, 2>* layouts_;  ///< null: w is no parameter
};

}  // namespace unroll
