// Arrays of a run file as JSON of a report: numbers with the digits that a chart can show.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <unroll/core/archive.hpp>

#include "json_output.hpp"

namespace unroll::cli {

/// A number with so many significant digits; null if it is not finite.
Json rounded(double value, int digits = 6);
/// A list of them.
Json rounded(std::span<const double> values, int digits = 6);

/// Of an array [R, …]: these rows, each a list; of a column: these elements.
Json rows_of(const Array& array, std::span<const std::size_t> rows, int digits);

/// The same, with so many digits behind the point: of values that all are of the size of 1.
Json fixed_rows_of(const Array& array, std::span<const std::size_t> rows, int decimals);

/// Of counts [R, B]: the share of each in its row in ten-thousandths, at least 1 where it is not 0.
Json shares_of(const Array& array, std::span<const std::size_t> rows);

/// Texts of an array, or none if it holds numbers.
std::vector<std::string> texts_of(const Array& array);

}  // namespace unroll::cli
