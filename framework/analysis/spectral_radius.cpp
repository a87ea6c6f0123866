#include <unroll/analysis/spectral_radius.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

constexpr int kSquarings = 13;

/// Scales to a Frobenius norm of 1 and gives the logarithm of what it was; -infinity for zeros.
double normalise(std::vector<float>& matrix) {
  const auto size = std::ssize(matrix);
  // By the largest element first: squares of tiny and of huge numbers leave float's range.
  float largest = 0;
  for (const float value : matrix) largest = std::max(largest, std::abs(value));
  if (largest == 0) return -std::numeric_limits<double>::infinity();
  kernels::scale(size, 1 / largest, matrix.data(), matrix.data());
  const double norm = std::sqrt(kernels::sum_of_squares(size, matrix.data()));
  kernels::scale(size, static_cast<float>(1 / norm), matrix.data(), matrix.data());
  return std::log(static_cast<double>(largest)) + std::log(norm);
}

/// "i, f, g, o", one by one.
std::vector<std::string> names_in(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(", "), list.size());
    names.emplace_back(list.substr(0, comma));
    list.remove_prefix(std::min(comma + 2, list.size()));
  }
  return names;
}

}  // namespace

double spectral_radius(std::span<const float> matrix, std::int64_t n) {
  if (!std::ranges::all_of(matrix, [](float value) { return std::isfinite(value); }))
    return std::numeric_limits<double>::quiet_NaN();
  if (n == 0) return 0;
  std::vector<float> power(matrix.begin(), matrix.end()), square(power.size());
  // power * exp(log) is A^k. |A^2k| / |A^k| rather than |A^2k| alone: constants cancel.
  double log = normalise(power), before = log, k = 1;
  for (int i = 0; i < kSquarings; ++i, k *= 2) {
    if (!std::isfinite(log)) return 0;  // nilpotent
    gemm(false, false, n, n, n, 1.0F, power.data(), n, power.data(), n, 0.0F, square.data(), n);
    std::swap(power, square);
    before = log;
    log = 2 * log + normalise(power);
  }
  return std::isfinite(log) ? std::exp((log - before) / (k / 2)) : 0;
}

std::map<std::string, double> spectral_radii(const ParameterStore& parameters,
                                             const std::string& layer) {
  std::map<std::string, double> radii;
  for (const Parameter* parameter : parameters.all()) {
    const Tensor& value = parameter->value();
    if (!parameter->name().starts_with(layer + "/") || value.shape().rank() != 2 ||
        value.dtype() != DType::f32 || !parameter->notes().axes.starts_with("hidden before"))
      continue;
    const std::int64_t rows = value.dim(0), columns = value.dim(1);
    std::vector<std::string> names = names_in(parameter->notes().gates);
    if (names.empty()) names.push_back(parameter->name().substr(layer.size() + 1));
    if (columns != rows * std::ssize(names)) continue;
    std::vector<float> block(static_cast<std::size_t>(rows * rows));
    for (std::size_t g = 0; g < names.size(); ++g) {
      for (std::int64_t r = 0; r < rows; ++r)
        std::copy_n(value.data<float>() + r * columns + static_cast<std::int64_t>(g) * rows, rows,
                    block.data() + r * rows);
      // Two matrices with gates of the same name: the second is called by both its names.
      std::string name = names[g];
      if (radii.contains(name)) name = parameter->name().substr(layer.size() + 1) + " " + name;
      std::ranges::replace(name, '/', ' ');
      radii[name] = spectral_radius(block, rows);
    }
  }
  return radii;
}

}  // namespace unroll
