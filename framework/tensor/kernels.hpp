// Pointwise and row-wise kernels, vectorised for the processor found at run time (Highway). The
// float versions use the engine's threads when there is enough to do; reductions are split in
// fixed chunks, so results do not depend on the number of threads. The double versions are plain
// loops for gradient checks.
//
// Pointers may be equal (in place) but must not overlap otherwise. n counts elements. Float
// sigmoid, tanh and exp are within 1e-6 relative; NaN stays NaN.
#pragma once

#include <cstdint>

namespace unroll::kernels {

// ---- functions: y = f(x) -----------------------------------------------------------------------
void sigmoid(std::int64_t n, const float* x, float* y);
void tanh(std::int64_t n, const float* x, float* y);
void relu(std::int64_t n, const float* x, float* y);
void exp(std::int64_t n, const float* x, float* y);
void log(std::int64_t n, const float* x, float* y);
void softplus(std::int64_t n, const float* x, float* y);

// ---- gradients: dx = dy * f'(x), or dx += when `add`; y = f(x) is what was computed ------------
void sigmoid_gradient(std::int64_t n, const float* y, const float* dy, float* dx, bool add);
void tanh_gradient(std::int64_t n, const float* y, const float* dy, float* dx, bool add);
void relu_gradient(std::int64_t n, const float* y, const float* dy, float* dx, bool add);

// ---- arithmetic --------------------------------------------------------------------------------
void add(std::int64_t n, const float* a, const float* b, float* y);
void subtract(std::int64_t n, const float* a, const float* b, float* y);
void multiply(std::int64_t n, const float* a, const float* b, float* y);
/// y += a * b.
void multiply_add(std::int64_t n, const float* a, const float* b, float* y);
/// y = alpha * x.
void scale(std::int64_t n, float alpha, const float* x, float* y);
/// y += alpha * x.
void axpy(std::int64_t n, float alpha, const float* x, float* y);

/// y = gate * a + (1 - gate) * b, and what dy gives to the gate and to b; a gets gate * dy.
void blend(std::int64_t n, const float* gate, const float* a, const float* b, float* y);
void blend_gate_gradient(std::int64_t n, const float* a, const float* b, const float* dy,
                         float* dgate, bool add);
void blend_rest_gradient(std::int64_t n, const float* gate, const float* dy, float* db, bool add);

// ---- reductions ---------------------------------------------------------------------------------
/// Summed in double over fixed chunks.
double sum(std::int64_t n, const float* x);
double sum_of_squares(std::int64_t n, const float* x);
double dot(std::int64_t n, const float* a, const float* b);
/// y[c] = sum over rows of x[r, c], or += when `add`; x [rows, columns].
void column_sums(std::int64_t rows, std::int64_t columns, const float* x, float* y, bool add);

// ---- rows [rows, columns] -----------------------------------------------------------------------
/// y[r] = softmax(x[r]); the maximum is subtracted. -infinity becomes exactly 0.
void softmax(std::int64_t rows, std::int64_t columns, const float* x, float* y);
/// For each row the logarithm of the summed exponentials and the place of the (first) maximum.
void log_sum_exp(std::int64_t rows, std::int64_t columns, const float* x, float* result,
                 std::int32_t* largest);
/// dx[r] = scale * (softmax(x[r]) - one_hot(target[r])), or += when `add`; rows with target < 0
/// get 0. `lse` is what log_sum_exp gave. dx may be x.
void cross_entropy_gradient(std::int64_t rows, std::int64_t columns, const float* x,
                            const float* lse, const std::int32_t* targets, float scale, float* dx,
                            bool add);

/// y[r] = row for each of the rows.
void fill_rows(std::int64_t rows, std::int64_t columns, const float* row, float* y);

// ---- rows by id (one-hot products) --------------------------------------------------------------
/// y[r] = table[ids[r]] (+ bias when given); ids outside 0 … classes-1 give 0 (+ bias).
void gather_rows(std::int64_t rows, std::int64_t columns, std::int64_t classes,
                 const std::int32_t* ids, const float* table, const float* bias, float* y);
/// table[ids[r]] += x[r], in the order of the rows.
void scatter_add_rows(std::int64_t rows, std::int64_t columns, std::int64_t classes,
                      const std::int32_t* ids, const float* x, float* table);

// ---- the same in double -------------------------------------------------------------------------
void sigmoid(std::int64_t n, const double* x, double* y);
void tanh(std::int64_t n, const double* x, double* y);
void relu(std::int64_t n, const double* x, double* y);
void exp(std::int64_t n, const double* x, double* y);
void log(std::int64_t n, const double* x, double* y);
void softplus(std::int64_t n, const double* x, double* y);
void sigmoid_gradient(std::int64_t n, const double* y, const double* dy, double* dx, bool add);
void tanh_gradient(std::int64_t n, const double* y, const double* dy, double* dx, bool add);
void relu_gradient(std::int64_t n, const double* y, const double* dy, double* dx, bool add);
void add(std::int64_t n, const double* a, const double* b, double* y);
void subtract(std::int64_t n, const double* a, const double* b, double* y);
void multiply(std::int64_t n, const double* a, const double* b, double* y);
void multiply_add(std::int64_t n, const double* a, const double* b, double* y);
void scale(std::int64_t n, double alpha, const double* x, double* y);
void axpy(std::int64_t n, double alpha, const double* x, double* y);
void blend(std::int64_t n, const double* gate, const double* a, const double* b, double* y);
void blend_gate_gradient(std::int64_t n, const double* a, const double* b, const double* dy,
                         double* dgate, bool add);
void blend_rest_gradient(std::int64_t n, const double* gate, const double* dy, double* db,
                         bool add);
double sum(std::int64_t n, const double* x);
double sum_of_squares(std::int64_t n, const double* x);
double dot(std::int64_t n, const double* a, const double* b);
void column_sums(std::int64_t rows, std::int64_t columns, const double* x, double* y, bool add);
void softmax(std::int64_t rows, std::int64_t columns, const double* x, double* y);
void log_sum_exp(std::int64_t rows, std::int64_t columns, const double* x, double* result,
                 std::int32_t* largest);
void cross_entropy_gradient(std::int64_t rows, std::int64_t columns, const double* x,
                            const double* lse, const std::int32_t* targets, double scale,
                            double* dx, bool add);
void fill_rows(std::int64_t rows, std::int64_t columns, const double* row, double* y);
void gather_rows(std::int64_t rows, std::int64_t columns, std::int64_t classes,
                 const std::int32_t* ids, const double* table, const double* bias, double* y);
void scatter_add_rows(std::int64_t rows, std::int64_t columns, std::int64_t classes,
                      const std::int32_t* ids, const double* x, double* table);

}  // namespace unroll::kernels
