// Scalars as Unroll reads them: YAML's own rules take 010 for 8 and `no` for false; ours do not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace unroll {

/// A value, or why the text is none (ready to stand in brackets after "found '…'").
template <typename T>
struct Parsed {
  std::optional<T> value;
  std::string hint;
};

/// `true` or `false`, nothing else.
Parsed<bool> parse_boolean(std::string_view text);

/// Decimal digits with a sign; also `1e6` or `2.5e3`, when that is a whole number below 2^53.
/// Leading zeros, hexadecimal, octal and `_` are refused.
Parsed<std::int64_t> parse_integer(std::string_view text);
Parsed<std::uint64_t> parse_unsigned(std::string_view text);

/// Decimal numbers with or without exponent, and `.inf`, `-.inf`. NaN and leading zeros are
/// refused, and so is what overflows.
Parsed<double> parse_number(std::string_view text);
/// The same, rounded once to the nearest float.
Parsed<float> parse_float(std::string_view text);

/// The shortest text that parse_number (parse_float) reads as the same value.
std::string number_text(double value);
std::string number_text(float value);

/// Whether another reader of YAML 1.1 or 1.2 might take the plain text for something other than a
/// text: null, a boolean, a number, a date.
bool looks_like_a_value(std::string_view text);

}  // namespace unroll
