// Reductions, softmax, cross-entropy and rows by id in float, for every instruction set.
#include <unroll/tensor/kernels.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_rows.cpp"
#include <hwy/foreach_target.h>

#include <hwy/highway.h>
#include <unroll/tensor/vector_math-inl.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include <unroll/tensor/parallel.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::HWY_NAMESPACE {
namespace {

using namespace vector_math::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// Sum of a[i] * b[i] (or of a[i] where b is null) over one chunk, in double.
double dot_chunk(std::int64_t n, const float* a, const float* b) {
  const hn::ScalableTag<double> dd;
  const hn::Rebind<float, decltype(dd)> df;
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(dd);
  auto total0 = hn::Zero(dd), total1 = hn::Zero(dd);
  const auto one = hn::Set(dd, 1.0);
  std::size_t i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    const auto a0 = hn::PromoteTo(dd, hn::LoadU(df, a + i));
    const auto a1 = hn::PromoteTo(dd, hn::LoadU(df, a + i + lanes));
    const auto b0 = b == nullptr ? one : hn::PromoteTo(dd, hn::LoadU(df, b + i));
    const auto b1 = b == nullptr ? one : hn::PromoteTo(dd, hn::LoadU(df, b + i + lanes));
    total0 = hn::MulAdd(a0, b0, total0);
    total1 = hn::MulAdd(a1, b1, total1);
  }
  double total = hn::GetLane(hn::SumOfLanes(dd, hn::Add(total0, total1)));
  for (; i < count; ++i) total += double{a[i]} * (b == nullptr ? 1.0 : double{b[i]});
  return total;
}

// Columns begin … end-1 of the sum over rows; four vectors of sums at a time.
void column_sums_block(std::int64_t rows, std::int64_t columns, std::int64_t begin,
                       std::int64_t end, const float* x, float* y, bool add) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t c = begin;
  for (; c + 4 * lanes <= end; c += 4 * lanes) {
    V s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    const float* p = x + c;
    for (std::int64_t r = 0; r < rows; ++r, p += columns) {
      s0 = hn::Add(s0, hn::LoadU(d, p));
      s1 = hn::Add(s1, hn::LoadU(d, p + lanes));
      s2 = hn::Add(s2, hn::LoadU(d, p + 2 * lanes));
      s3 = hn::Add(s3, hn::LoadU(d, p + 3 * lanes));
    }
    float* q = y + c;
    for (V s : {s0, s1, s2, s3}) {
      hn::StoreU(add ? hn::Add(s, hn::LoadU(d, q)) : s, d, q);
      q += lanes;
    }
  }
  for (; c < end; c += lanes) {
    const auto mask = hn::FirstN(d, static_cast<std::size_t>(std::min(lanes, end - c)));
    V s = hn::Zero(d);
    for (std::int64_t r = 0; r < rows; ++r) {
      s = hn::Add(s, load_first(mask, d, x + r * columns + c));
    }
    if (add) s = hn::Add(s, load_first(mask, d, y + c));
    store_first(s, mask, d, y + c);
  }
}

float row_maximum(std::int64_t n, const float* x) {
  const D d;
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(d);
  V best = hn::Set(d, -std::numeric_limits<float>::infinity());
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) best = hn::Max(best, hn::LoadU(d, x + i));
  float result = hn::GetLane(hn::MaxOfLanes(d, best));
  for (; i < count; ++i) result = std::max(result, x[i]);
  return result;
}

// y = exp(x - shift) where y is given; the sum in any case.
float exp_row(std::int64_t n, const float* x, float shift, float* y) {
  const D d;
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(d);
  const V s = hn::Set(d, shift);
  V total = hn::Zero(d);
  for (std::size_t i = 0; i < count; i += lanes) {
    const auto mask = hn::FirstN(d, std::min(lanes, count - i));
    const V e = hn::IfThenElseZero(mask, vector_exp(d, hn::Sub(load_first(mask, d, x + i), s)));
    if (y != nullptr) store_first(e, mask, d, y + i);
    total = hn::Add(total, e);
  }
  return hn::GetLane(hn::SumOfLanes(d, total));
}

void softmax_row(std::int64_t n, const float* x, float* y) {
  const float total = exp_row(n, x, row_maximum(n, x), y);
  const D d;
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(d);
  const V inverse = hn::Set(d, 1.0f / total);
  for (std::size_t i = 0; i < count; i += lanes) {
    const auto mask = hn::FirstN(d, std::min(lanes, count - i));
    store_first(hn::Mul(load_first(mask, d, y + i), inverse), mask, d, y + i);
  }
}

float log_sum_exp_row(std::int64_t n, const float* x, std::int32_t* largest) {
  const float maximum = row_maximum(n, x);
  const float* place = std::find(x, x + n, maximum);
  *largest = place == x + n ? 0 : static_cast<std::int32_t>(place - x);
  return maximum + std::log(exp_row(n, x, maximum, nullptr));
}

// dx = scale * exp(x - lse), added to dx when `add`.
void scaled_exp_row(std::int64_t n, const float* x, float lse, float scale, float* dx, bool add) {
  const D d;
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(d);
  const V shift = hn::Set(d, lse), factor = hn::Set(d, scale);
  for (std::size_t i = 0; i < count; i += lanes) {
    const auto mask = hn::FirstN(d, std::min(lanes, count - i));
    V e = hn::Mul(factor, vector_exp(d, hn::Sub(load_first(mask, d, x + i), shift)));
    if (add) e = hn::Add(e, load_first(mask, d, dx + i));
    store_first(e, mask, d, dx + i);
  }
}

// y = a + b.
void add_rows(std::int64_t n, const float* a, const float* b, float* y) {
  const D d;
  const std::size_t count = static_cast<std::size_t>(n), lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    hn::StoreU(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  }
  for (; i < count; ++i) y[i] = a[i] + b[i];
}

// Columns begin … end-1 of table[ids[r]] += x[r], row after row.
void scatter_block(std::int64_t rows, std::int64_t columns, std::int64_t classes,
                   std::int64_t begin, std::int64_t end, const std::int32_t* ids, const float* x,
                   float* table) {
  for (std::int64_t r = 0; r < rows; ++r) {
    if (ids[r] < 0 || ids[r] >= classes) continue;
    float* to = table + ids[r] * columns + begin;
    add_rows(end - begin, to, x + r * columns + begin, to);
  }
}

}  // namespace
}  // namespace unroll::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll {

HWY_EXPORT(dot_chunk);
HWY_EXPORT(column_sums_block);
HWY_EXPORT(softmax_row);
HWY_EXPORT(log_sum_exp_row);
HWY_EXPORT(scaled_exp_row);
HWY_EXPORT(add_rows);
HWY_EXPORT(scatter_block);

namespace kernels {
namespace {

constexpr std::int64_t kChunk = 16384;

double chunked_dot(std::int64_t n, const float* a, const float* b) {
  const auto dot = HWY_DYNAMIC_DISPATCH(dot_chunk);
  if (n <= kChunk) return dot(n, a, b);
  // Partial sums, 256 chunks at a time, added in order.
  double total = 0;
  std::array<double, 256> parts{};
  constexpr auto kStep = static_cast<std::int64_t>(parts.size()) * kChunk;
  for (std::int64_t start = 0; start < n; start += kStep) {
    const std::int64_t count = std::min(kStep, n - start);
    parallel_chunks(count, kChunk, [&](std::int64_t begin, std::int64_t end) {
      const float* second = b == nullptr ? nullptr : b + start + begin;
      parts[static_cast<std::size_t>(begin / kChunk)] = dot(end - begin, a + start + begin, second);
    });
    for (std::int64_t i = 0; i * kChunk < count; ++i) total += parts[static_cast<std::size_t>(i)];
  }
  return total;
}

// Rows in chunks of about 8192 elements.
template <typename F>
void for_rows(std::int64_t rows, std::int64_t columns, F f) {
  if (rows == 0) return;
  const std::int64_t grain = std::max<std::int64_t>(1, 8192 / std::max<std::int64_t>(1, columns));
  parallel_chunks(rows, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) f(r);
  });
}

}  // namespace

double sum(std::int64_t n, const float* x) {
  return chunked_dot(n, x, nullptr);
}
double sum_of_squares(std::int64_t n, const float* x) {
  return chunked_dot(n, x, x);
}
double dot(std::int64_t n, const float* a, const float* b) {
  return chunked_dot(n, a, b);
}

void column_sums(std::int64_t rows, std::int64_t columns, const float* x, float* y, bool add) {
  const auto block = HWY_DYNAMIC_DISPATCH(column_sums_block);
  if (rows * columns <= kChunk) {
    block(rows, columns, 0, columns, x, y, add);
  } else {
    parallel_chunks(columns, 64, [&](std::int64_t begin, std::int64_t end) {
      block(rows, columns, begin, end, x, y, add);
    });
  }
}

void softmax(std::int64_t rows, std::int64_t columns, const float* x, float* y) {
  const auto row = HWY_DYNAMIC_DISPATCH(softmax_row);
  for_rows(rows, columns, [&](std::int64_t r) { row(columns, x + r * columns, y + r * columns); });
}

void log_sum_exp(std::int64_t rows, std::int64_t columns, const float* x, float* result,
                 std::int32_t* largest) {
  const auto row = HWY_DYNAMIC_DISPATCH(log_sum_exp_row);
  for_rows(rows, columns,
           [&](std::int64_t r) { result[r] = row(columns, x + r * columns, largest + r); });
}

void cross_entropy_gradient(std::int64_t rows, std::int64_t columns, const float* x,
                            const float* lse, const std::int32_t* targets, float scale, float* dx,
                            bool add) {
  const auto scaled_exp = HWY_DYNAMIC_DISPATCH(scaled_exp_row);
  for_rows(rows, columns, [&](std::int64_t r) {
    float* row = dx + r * columns;
    if (targets[r] >= 0) {
      scaled_exp(columns, x + r * columns, lse[r], scale, row, add);
      row[targets[r]] -= scale;
    } else if (!add) {
      std::fill_n(row, columns, 0.0f);
    }
  });
}

void gather_rows(std::int64_t rows, std::int64_t columns, std::int64_t classes,
                 const std::int32_t* ids, const float* table, const float* bias, float* y) {
  const auto plus = HWY_DYNAMIC_DISPATCH(add_rows);
  for_rows(rows, columns, [&](std::int64_t r) {
    float* row = y + r * columns;
    const bool known = ids[r] >= 0 && ids[r] < classes;
    const float* from = known ? table + ids[r] * columns : bias;
    if (known && bias != nullptr) {
      plus(columns, from, bias, row);
    } else if (from != nullptr) {
      std::copy_n(from, columns, row);
    } else {
      std::fill_n(row, columns, 0.0f);
    }
  });
}

void fill_rows(std::int64_t rows, std::int64_t columns, const float* row, float* y) {
  for_rows(rows, columns, [&](std::int64_t r) { std::copy_n(row, columns, y + r * columns); });
}

// Each task owns a block of columns and goes through the rows in order: nothing is shared, and
// sums come out the same however many threads there are.
void scatter_add_rows(std::int64_t rows, std::int64_t columns, std::int64_t classes,
                      const std::int32_t* ids, const float* x, float* table) {
  const auto scatter = HWY_DYNAMIC_DISPATCH(scatter_block);
  const std::int64_t width = rows * columns <= kChunk ? std::max<std::int64_t>(1, columns) : 64;
  parallel_chunks(columns, width, [&](std::int64_t begin, std::int64_t end) {
    scatter(rows, columns, classes, begin, end, ids, x, table);
  });
}

}  // namespace kernels
}  // namespace unroll
#endif
