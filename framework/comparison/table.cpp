#include <unroll/comparison/table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <unroll/config/scalar.hpp>
#include <unroll/core/text.hpp>

namespace unroll::comparison {
namespace {

/// How the numbers of one column are written.
std::string (*style_of(const std::vector<double>& numbers))(double) {
  bool whole = true;
  double largest = 0, smallest = INFINITY;
  for (const double number : numbers) {
    if (!std::isfinite(number)) continue;
    whole = whole && number == std::floor(number) && std::abs(number) < 1e15;
    largest = std::max(largest, std::abs(number));
    if (number != 0) smallest = std::min(smallest, std::abs(number));
  }
  if (whole) return [](double value) { return fmt::format("{:.0f}", value); };
  if (largest >= 1e5 || smallest < 1e-3) return [](double v) { return fmt::format("{:.5g}", v); };
  return [](double value) { return fmt::format("{:.4f}", value); };
}

}  // namespace

void Table::add(Column column, std::vector<Cell> cells) {
  if (columns.empty()) rows.resize(cells.size());
  columns.push_back(std::move(column));
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].push_back(std::move(cells[i]));
}

bool is_numeric(const std::vector<Value>& values) {
  bool any = false;
  for (const Value& value : values) {
    if (std::holds_alternative<double>(value))
      any = true;
    else if (!std::holds_alternative<std::monostate>(value))
      return false;
  }
  return any;
}

std::string text_of(const Value& value) {
  if (const auto* number = std::get_if<double>(&value))
    return std::isnan(*number) ? "nan" : number_text(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) return join(*texts);
  return {};
}

std::vector<Cell> cells_of(const std::vector<Value>& values) {
  std::vector<double> numbers;
  for (const Value& value : values)
    if (const auto* number = std::get_if<double>(&value)) numbers.push_back(*number);
  const auto style = style_of(numbers);
  std::vector<Cell> cells;
  for (const Value& value : values) {
    const std::string exact = text_of(value);
    const auto* number = std::get_if<double>(&value);
    cells.push_back({number ? style(*number) : exact.empty() ? "-" : exact, exact});
  }
  return cells;
}

}  // namespace unroll::comparison
