#include "report_json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

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

Json rows_of(const Array& array, std::span<const std::size_t> rows, int digits) {
  const std::vector<double> values = as_doubles(array);
  const std::size_t count = array.shape.empty() ? 0 : static_cast<std::size_t>(array.shape[0]);
  const std::size_t width = count == 0 ? 0 : values.size() / count;
  Json list = Json::array();
  for (const std::size_t row : rows) {
    if (row >= count) continue;
    const std::span<const double> one(values.data() + row * width, width);
    list.push_back(array.shape.size() == 1 ? rounded(one[0], digits) : rounded(one, digits));
  }
  return list;
}

std::vector<std::string> texts_of(const Array& array) {
  const auto* texts = std::get_if<std::vector<std::string>>(&array.values);
  return texts ? *texts : std::vector<std::string>();
}

}  // namespace unroll::cli
