// The kernels in double: plain loops, as gradient checks need them.
#include <algorithm>
#include <cmath>

#include <unroll/tensor/kernels.hpp>

namespace unroll::kernels {
namespace {

template <typename Function>
void map(std::int64_t n, double* y, bool add, Function f) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = add ? y[i] + f(i) : f(i);
}

}  // namespace

void sigmoid(std::int64_t n, const double* x, double* y) {
  map(n, y, false, [=](std::int64_t i) { return 1.0 / (1.0 + std::exp(-x[i])); });
}
void tanh(std::int64_t n, const double* x, double* y) {
  map(n, y, false, [=](std::int64_t i) { return std::tanh(x[i]); });
}
void relu(std::int64_t n, const double* x, double* y) {
  map(n, y, false, [=](std::int64_t i) { return x[i] < 0 ? 0.0 : x[i]; });
}
void exp(std::int64_t n, const double* x, double* y) {
  map(n, y, false, [=](std::int64_t i) { return std::exp(x[i]); });
}
void log(std::int64_t n, const double* x, double* y) {
  map(n, y, false, [=](std::int64_t i) { return std::log(x[i]); });
}
void softplus(std::int64_t n, const double* x, double* y) {
  map(n, y, false,
      [=](std::int64_t i) { return std::max(x[i], 0.0) + std::log1p(std::exp(-std::abs(x[i]))); });
}
void sigmoid_gradient(std::int64_t n, const double* y, const double* dy, double* dx, bool add) {
  map(n, dx, add, [=](std::int64_t i) { return dy[i] * y[i] * (1.0 - y[i]); });
}
void tanh_gradient(std::int64_t n, const double* y, const double* dy, double* dx, bool add) {
  map(n, dx, add, [=](std::int64_t i) { return dy[i] * (1.0 - y[i] * y[i]); });
}
void relu_gradient(std::int64_t n, const double* y, const double* dy, double* dx, bool add) {
  map(n, dx, add, [=](std::int64_t i) { return y[i] > 0 ? dy[i] : 0.0; });
}
void add(std::int64_t n, const double* a, const double* b, double* y) {
  map(n, y, false, [=](std::int64_t i) { return a[i] + b[i]; });
}
void subtract(std::int64_t n, const double* a, const double* b, double* y) {
  map(n, y, false, [=](std::int64_t i) { return a[i] - b[i]; });
}
void multiply(std::int64_t n, const double* a, const double* b, double* y) {
  map(n, y, false, [=](std::int64_t i) { return a[i] * b[i]; });
}
void multiply_add(std::int64_t n, const double* a, const double* b, double* y) {
  map(n, y, true, [=](std::int64_t i) { return a[i] * b[i]; });
}
void scale(std::int64_t n, double alpha, const double* x, double* y) {
  map(n, y, false, [=](std::int64_t i) { return alpha * x[i]; });
}
void axpy(std::int64_t n, double alpha, const double* x, double* y) {
  map(n, y, true, [=](std::int64_t i) { return alpha * x[i]; });
}

void blend(std::int64_t n, const double* gate, const double* a, const double* b, double* y) {
  map(n, y, false, [=](std::int64_t i) { return b[i] + gate[i] * (a[i] - b[i]); });
}
void blend_gate_gradient(std::int64_t n, const double* a, const double* b, const double* dy,
                         double* dgate, bool add) {
  map(n, dgate, add, [=](std::int64_t i) { return dy[i] * (a[i] - b[i]); });
}
void blend_rest_gradient(std::int64_t n, const double* gate, const double* dy, double* db,
                         bool add) {
  map(n, db, add, [=](std::int64_t i) { return dy[i] * (1.0 - gate[i]); });
}

double sum(std::int64_t n, const double* x) {
  double total = 0;
  for (std::int64_t i = 0; i < n; ++i) total += x[i];
  return total;
}
double sum_of_squares(std::int64_t n, const double* x) {
  return dot(n, x, x);
}
double dot(std::int64_t n, const double* a, const double* b) {
  double total = 0;
  for (std::int64_t i = 0; i < n; ++i) total += a[i] * b[i];
  return total;
}
void column_sums(std::int64_t rows, std::int64_t columns, const double* x, double* y, bool add) {
  if (!add) std::fill_n(y, columns, 0.0);
  for (std::int64_t r = 0; r < rows; ++r) axpy(columns, 1.0, x + r * columns, y);
}

void softmax(std::int64_t rows, std::int64_t columns, const double* x, double* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += columns, y += columns) {
    double lse = 0;
    std::int32_t largest = 0;
    log_sum_exp(1, columns, x, &lse, &largest);
    map(columns, y, false, [=](std::int64_t i) { return std::exp(x[i] - lse); });
  }
}
void log_sum_exp(std::int64_t rows, std::int64_t columns, const double* x, double* result,
                 std::int32_t* largest) {
  for (std::int64_t r = 0; r < rows; ++r, x += columns) {
    const double* place = std::max_element(x, x + columns);
    double total = 0;
    for (std::int64_t i = 0; i < columns; ++i) total += std::exp(x[i] - *place);
    result[r] = *place + std::log(total);
    largest[r] = static_cast<std::int32_t>(place - x);
  }
}
void cross_entropy_gradient(std::int64_t rows, std::int64_t columns, const double* x,
                            const double* lse, const std::int32_t* targets, double scale,
                            double* dx, bool add) {
  for (std::int64_t r = 0; r < rows; ++r, x += columns, dx += columns) {
    const bool counted = targets[r] >= 0;
    map(columns, dx, add,
        [=](std::int64_t i) { return counted ? scale * std::exp(x[i] - lse[r]) : 0.0; });
    if (counted) dx[targets[r]] -= scale;
  }
}

void fill_rows(std::int64_t rows, std::int64_t columns, const double* row, double* y) {
  for (std::int64_t r = 0; r < rows; ++r) std::copy_n(row, columns, y + r * columns);
}
void gather_rows(std::int64_t rows, std::int64_t columns, std::int64_t classes,
                 const std::int32_t* ids, const double* table, const double* bias, double* y) {
  for (std::int64_t r = 0; r < rows; ++r, y += columns) {
    const bool known = ids[r] >= 0 && ids[r] < classes;
    const double* row = table + (known ? ids[r] : 0) * columns;
    map(columns, y, false,
        [=](std::int64_t i) { return (known ? row[i] : 0.0) + (bias != nullptr ? bias[i] : 0.0); });
  }
}
void scatter_add_rows(std::int64_t rows, std::int64_t columns, std::int64_t classes,
                      const std::int32_t* ids, const double* x, double* table) {
  for (std::int64_t r = 0; r < rows; ++r) {
    if (ids[r] < 0 || ids[r] >= classes) continue;
    axpy(columns, 1.0, x + r * columns, table + ids[r] * columns);
  }
}

}  // namespace unroll::kernels
