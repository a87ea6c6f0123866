// One step of the built-in recurrences and the products around it, for few sequences and packed
// weights: what a decoder computes for each token. float32 but for the weights.
//
// Rows are sequences. Which rows are computed together, which panels by which call and with which
// vector length changes no bit of a result (fused multiplication or none does).
#pragma once

#include <cstdint>

#include <unroll/tensor/kernels_recurrent.hpp>
#include <unroll/tensor/packed_matrix.hpp>

namespace unroll::kernels {

/// Rows that a product reads.
struct DecodingRows {
  const float* x = nullptr;  ///< [rows, stride]; numbers up to the matrix's depth are read
  std::int64_t stride = 0;
  const QuantisedRows* quantised = nullptr;  ///< the same, for int8 weights
};

/// A layer's weights. Padded: to whole blocks of 16 units, with zeros.
struct DecodingLayer {
  Recurrent kind{};
  std::int64_t hidden = 0;       ///< H
  PackedMatrix input;            ///< W [I, G*H] of dense input, or undefined
  PackedMatrix recurrent;        ///< U [H, G*H]
  const float* bias = nullptr;   ///< [G, padded H]
  const float* extra = nullptr;  ///< lstm_peephole: [3, padded H]; gru: bias of h U_n, [padded H]
  /// What a token adds to the sums: row `id` of [classes, …], H numbers for each gate, or null.
  const float* table = nullptr;
  std::int64_t classes = 0, table_row = 0, table_gate = 0;  ///< rows; floats between rows and gates

  std::int64_t panels() const noexcept { return recurrent.panels(); }
};

/// One step of all rows.
struct DecodingStep {
  std::int64_t rows = 0;
  DecodingRows input;                 ///< dense input, where the layer has it
  const std::int32_t* ids = nullptr;  ///< [rows] rows of the table; none is added for others
  DecodingRows before;                ///< h
  float* after = nullptr;             ///< new h, [rows, before.stride], not overlapping `before`
  float* memory = nullptr;            ///< lstm: c, replaced; [rows, before.stride]
};

/// The units of panels begin … end-1 of a step. Padding of `after` and `memory` stays zero.
void decode_layer(const DecodingLayer& layer, const DecodingStep& step, std::int64_t begin,
                  std::int64_t end);

/// y[r, n] = x[r] M[:, n] + bias[n] for the columns below `columns` of panels begin … end-1;
/// y [rows, columns], bias [columns].
void decode_columns(const PackedMatrix& M, const float* bias, std::int64_t rows,
                    const DecodingRows& x, std::int64_t columns, float* y, std::int64_t begin,
                    std::int64_t end);

/// q = x / scale, rounded, so that the largest magnitude is `most`; gives the scale: 0 of zeros,
/// NaN where x is not finite. n is a multiple of 16.
float quantise_row(std::int64_t n, const float* x, float most, std::int16_t* q);

}  // namespace unroll::kernels
