// One step of the built-in recurrences and the products around it, for few sequences and packed
// weights: what a decoder computes for each token. float32 but for the weights.
//
// Rows are sequences. Which rows are computed together, which panels by which call, in which
// direction and with which vector length changes no bit of a result (fused multiplication or none
// does).
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

/// Panels begin … end-1, from either end: where a matrix is larger than a cache, what was read last
/// is still there when the next product begins with it.
struct PanelRange {
  std::int64_t begin = 0, end = 0;
  bool backwards = false;
};

/// sums[r, n] = x[r] M[:, n] for the columns n of these panels; sums [rows, M.width()].
void decode_products(const PackedMatrix& M, std::int64_t rows, const DecodingRows& x, float* sums,
                     PanelRange panels);

/// y[r, n] = x[r] M[:, n] + bias[n] for the columns n < `columns` of these panels;
/// y [rows, columns], bias [columns].
void decode_columns(const PackedMatrix& M, const float* bias, std::int64_t rows,
                    const DecodingRows& x, std::int64_t columns, float* y, PanelRange panels);

/// What a layer's gates are made of beside the products. Padded: to whole blocks of 16 units, with
/// zeros.
struct DecodingGates {
  Recurrent kind{};
  std::int64_t hidden = 0;       ///< H
  const float* bias = nullptr;   ///< [G, padded H]
  const float* extra = nullptr;  ///< lstm_peephole: [3, padded H]; gru: bias of h U_n, [padded H]
  /// What a token adds to the sums: row `id` of [classes, …], H numbers for each gate, or null.
  const float* table = nullptr;
  std::int64_t classes = 0, table_row = 0, table_gate = 0;  ///< rows; floats between rows and gates
};

/// A product that a step needs: to be computed with it, or computed before, or there is none.
/// Which of the two changes no bit.
struct DecodingProduct {
  const PackedMatrix* matrix = nullptr;  ///< times `rows`, or null
  DecodingRows rows;
  const float* sums = nullptr;  ///< [rows, G * padded H], what decode_products gave, or null
};

/// One step of all rows. Columns are packed by gates (PackedMatrix::gates).
struct DecodingStep {
  std::int64_t rows = 0;
  DecodingProduct input, recurrent;   ///< x W, or none; h U
  const std::int32_t* ids = nullptr;  ///< [rows] rows of the table; none is added for others
  const float* before = nullptr;      ///< h, [rows, padded H]
  float* after = nullptr;             ///< new h, likewise, not overlapping `before`
  float* memory = nullptr;            ///< lstm: c, likewise, replaced
};

/// The units of these panels. Padding of `after` and `memory` stays zero.
void decode_layer(const DecodingGates& gates, const DecodingStep& step, PanelRange panels);

/// q = x / scale, rounded, so that the largest magnitude is `most`; gives the scale: 0 of zeros,
/// NaN where x is not finite. n is a multiple of 16.
float quantise_row(std::int64_t n, const float* x, float most, std::int16_t* q);

}  // namespace unroll::kernels
