#include "report_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include <unroll/results/hdf5.hpp>

namespace unroll::cli {

Json rounded(double value, int digits) {
  if (!std::isfinite(value)) return nullptr;
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return std::strtod(fmt::format("{:.{}g}", value, digits).c_str(), nullptr);
}

Json rounded(std::span<const double> values, int digits) {
  Json list = Json::array();
  for (const double value : values) list.push_back(rounded(value, digits));
  return list;
}

namespace {

/// `json_of` each of these rows: spans of numbers.
template <typename JsonOf>
Json each_row(const Array& array, std::span<const std::size_t> rows, const JsonOf& json_of) {
  const std::vector<double> values = as_doubles(array);
  const std::size_t count = array.shape.empty() ? 0 : static_cast<std::size_t>(array.shape[0]);
  const std::size_t width = count == 0 ? 0 : values.size() / count;
  Json list = Json::array();
  for (const std::size_t row : rows)
    if (row < count)
      list.push_back(json_of(std::span<const double>(values.data() + row * width, width)));
  return list;
}

/// A list of `of(value)`, or that of the only value of a column's row.
template <typename Of>
Json row_json(const Array& array, std::span<const double> row, const Of& of) {
  if (array.shape.size() == 1) return of(row[0]);
  Json list = Json::array();
  for (const double value : row) list.push_back(of(value));
  return list;
}

}  // namespace

Json rows_of(const Array& array, std::span<const std::size_t> rows, int digits) {
  return each_row(array, rows, [&](std::span<const double> row) {
    return row_json(array, row, [&](double value) { return rounded(value, digits); });
  });
}

Json fixed_rows_of(const Array& array, std::span<const std::size_t> rows, int decimals) {
  const double scale = std::pow(10.0, decimals);
  return each_row(array, rows, [&](std::span<const double> row) {
    return row_json(array, row,
                    [&](double value) { return rounded(std::round(value * scale) / scale, 15); });
  });
}

Json shares_of(const Array& array, std::span<const std::size_t> rows) {
  return each_row(array, rows, [&](std::span<const double> row) {
    const double sum = std::max(1.0, std::accumulate(row.begin(), row.end(), 0.0));
    return row_json(array, row, [&](double count) {
      return count > 0 ? Json(std::max<std::int64_t>(1, std::llround(1e4 * count / sum))) : Json(0);
    });
  });
}

std::vector<std::string> texts_of(const Array& array) {
  const auto* texts = std::get_if<std::vector<std::string>>(&array.values);
  return texts ? *texts : std::vector<std::string>();
}

}  // namespace unroll::cli
