#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <unroll/core/error.hpp>
#include <unroll/model/initializers.hpp>

namespace unroll::init {
namespace {

/// Calls `next()` for every element in row-major order, whatever the element type.
template <typename Next>
void fill_with(Tensor& value, Next next) {
  if (value.dtype() == DType::f64) {
    for (double& element : value.span<double>()) element = next();
  } else {
    for (float& element : value.span<float>()) element = static_cast<float>(next());
  }
}

/// Sums in eight lanes, so that the compiler may vectorise without reassociating.
double dot(const double* a, const double* b, std::size_t size) {
  double lanes[8] = {};
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8)
    for (std::size_t lane = 0; lane < 8; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
  double total = 0;
  for (; i < size; ++i) total += a[i] * b[i];
  for (const double lane : lanes) total += lane;
  return total;
}

/// `count` orthonormal vectors of length `size` (count <= size), one a row: Gram-Schmidt twice
/// over random normal vectors, which is orthogonal to rounding (Giraud et al. 2005).
std::vector<double> orthonormal_rows(std::size_t count, std::size_t size, RandomStream& random) {
  std::vector<double> rows(count * size);
  for (double& element : rows) element = random.normal();
  for (std::size_t i = 0; i < count; ++i) {
    double* const row = &rows[i * size];
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t j = 0; j < i; ++j) {
        const double* const other = &rows[j * size];
        const double along = dot(row, other, size);
        for (std::size_t k = 0; k < size; ++k) row[k] -= along * other[k];
      }
    }
    const double norm = std::sqrt(dot(row, row, size));
    for (std::size_t k = 0; k < size; ++k) row[k] /= norm;
  }
  return rows;
}

/// A random scheme draws weights and biases alike within ±limit; 0 stands for the default scheme.
double limit_of(const Scheme& scheme, std::int64_t hidden) {
  if (scheme.name == "default") return 0;
  if (scheme.name == "uniform") return scheme.scale;
  if (scheme.name == "lecun") return 1.0 / std::sqrt(static_cast<double>(hidden));
  fail(Failure::usage, "unknown initial weights '{}' (known: default, uniform, lecun)",
       scheme.name);
}

/// The initializer of a weight matrix whose default is `otherwise`.
Initializer by_scheme(const Scheme& scheme, std::int64_t hidden, Initializer otherwise) {
  const double limit = limit_of(scheme, hidden);
  return limit > 0 ? uniform(-limit, limit) : otherwise;
}

}  // namespace

Initializer zeros() {
  return constant(0);
}

Initializer constant(double value) {
  return [value](Tensor& tensor, RandomStream&) { tensor.fill(value); };
}

Initializer uniform(double low, double high) {
  return [=](Tensor& tensor, RandomStream& random) {
    fill_with(tensor, [&] { return random.uniform(low, high); });
  };
}

Initializer normal(double mean, double deviation) {
  return [=](Tensor& tensor, RandomStream& random) {
    fill_with(tensor, [&] { return mean + deviation * random.normal(); });
  };
}

Initializer identity(double scale) {
  return [scale](Tensor& value, RandomStream&) {
    const std::int64_t width = value.dim(-1);
    std::int64_t i = 0;
    fill_with(value, [&] {
      const std::int64_t row = i / width, column = i % width;
      ++i;
      return row == column ? scale : 0.0;
    });
  };
}

Initializer glorot_uniform(std::int64_t parts) {
  return [parts](Tensor& tensor, RandomStream& random) {
    const auto fans = tensor.shape().rows() + tensor.shape().last() / parts;
    const double limit = std::sqrt(6.0 / static_cast<double>(fans));
    fill_with(tensor, [&] { return random.uniform(-limit, limit); });
  };
}

Initializer orthogonal(std::int64_t parts) {
  return [parts](Tensor& tensor, RandomStream& random) {
    const auto rows = static_cast<std::size_t>(tensor.shape().rows());
    const auto columns = static_cast<std::size_t>(tensor.shape().last() / parts);
    const auto stride = static_cast<std::size_t>(tensor.shape().last());
    const bool wide = columns > rows;  // then the rows are orthonormal, else the columns
    std::vector<double> filled(rows * stride);
    for (std::size_t part = 0; part < static_cast<std::size_t>(parts); ++part) {
      const auto vectors =
          orthonormal_rows(std::min(rows, columns), std::max(rows, columns), random);
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < columns; ++j)
          filled[i * stride + part * columns + j] =
              wide ? vectors[i * columns + j] : vectors[j * rows + i];
    }
    fill_with(tensor, [next = filled.begin()]() mutable { return *next++; });
  };
}

Initializer zeros_but(std::int64_t begin, std::int64_t end, double value) {
  return [=](Tensor& tensor, RandomStream&) {
    std::int64_t index = 0;
    fill_with(tensor, [&] {
      const bool inside = index >= begin && index < end;
      ++index;
      return inside ? value : 0.0;
    });
  };
}

Initializer input_weights(const Scheme& scheme, std::int64_t hidden, std::int64_t parts) {
  return by_scheme(scheme, hidden, glorot_uniform(parts));
}

Initializer recurrent_weights(const Scheme& scheme, std::int64_t hidden, std::int64_t parts) {
  return by_scheme(scheme, hidden, orthogonal(parts));
}

Initializer bias(const Scheme& scheme, std::int64_t hidden, std::int64_t begin, std::int64_t end,
                 double value) {
  const double limit = limit_of(scheme, hidden);
  if (limit <= 0) return zeros_but(begin, end, value);
  return [=](Tensor& tensor, RandomStream& random) {
    std::int64_t index = 0;
    fill_with(tensor, [&] {
      const bool inside = index >= begin && index < end;
      ++index;
      return random.uniform(-limit, limit) + (inside ? value : 0.0);
    });
  };
}

}  // namespace unroll::init
