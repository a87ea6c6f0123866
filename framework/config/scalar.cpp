#include <unroll/config/scalar.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace unroll {
namespace {

bool digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t digits_at(std::string_view text, std::size_t start) {
  std::size_t end = start;
  while (end < text.size() && digit(text[end])) ++end;
  return end - start;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// What a number's text consists of, or why it is none.
struct Shape {
  bool valid = false;
  bool plain_integer = false;  // sign and digits only
  bool infinite = false;
  std::string_view unsigned_plus;  // the text without a leading '+', which from_chars refuses
  std::string hint;
};

Shape shape_of(std::string_view text) {
  Shape shape;
  shape.unsigned_plus = text.starts_with('+') ? text.substr(1) : text;
  std::size_t at = text.starts_with('+') || text.starts_with('-') ? 1 : 0;
  const std::string rest = lower(text.substr(at));
  if (rest == ".inf") {
    shape.valid = shape.infinite = true;
    return shape;
  }
  if (rest == "inf" || rest == "infinity") shape.hint = "infinity is written .inf";
  if (rest == "nan" || rest == ".nan") shape.hint = "not-a-number is no setting";
  if (rest.starts_with("0x") || rest.starts_with("0o") || rest.starts_with("0b")) {
    shape.hint = "numbers are decimal";
  }
  const std::size_t whole = digits_at(text, at);
  if (whole > 1 && text[at] == '0' && shape.hint.empty()) {
    shape.hint = "no leading zeros: octal and decimal readers would differ";
    return shape;
  }
  at += whole;
  std::size_t fraction = 0;
  bool point = false, exponent = false;
  if (at < text.size() && text[at] == '.') {
    point = true;
    fraction = digits_at(text, ++at);
    at += fraction;
  }
  if (whole + fraction == 0) return shape;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    exponent = true;
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t power = digits_at(text, at);
    if (power == 0) return shape;
    at += power;
  }
  if (at < text.size() && text[at] == '_') shape.hint = "no underscores in numbers";
  if (at < text.size() && text[at] == ',') shape.hint = "a point, not a comma";
  shape.valid = at == text.size();
  shape.plain_integer = shape.valid && !point && !exponent;
  return shape;
}

template <typename T>
Parsed<T> real(std::string_view text) {
  const Shape shape = shape_of(text);
  if (!shape.valid) return {std::nullopt, shape.hint};
  if (shape.infinite) {
    const T infinity = std::numeric_limits<T>::infinity();
    return {text.starts_with('-') ? -infinity : infinity, {}};
  }
  const std::string_view body = shape.unsigned_plus;
  T value{};
  const auto result = std::from_chars(body.data(), body.data() + body.size(), value);
  if (result.ec != std::errc()) return {std::nullopt, "beyond the range of a number"};
  return {value, {}};
}

template <typename T>
Parsed<T> integer(std::string_view text) {
  const Shape shape = shape_of(text);
  if (!shape.valid) return {std::nullopt, shape.hint};
  if (shape.infinite) return {};
  const std::string_view body = shape.unsigned_plus;
  if (shape.plain_integer) {
    T value{};
    const auto result = std::from_chars(body.data(), body.data() + body.size(), value);
    if (result.ec == std::errc() && result.ptr == body.data() + body.size()) return {value, {}};
    if (std::is_unsigned_v<T> && text.starts_with('-')) return {std::nullopt, "less than 0"};
    return {std::nullopt, "beyond 64 bits"};
  }
  const auto number = real<double>(text);
  if (!number.value) return {std::nullopt, number.hint};
  if (*number.value != std::floor(*number.value)) return {std::nullopt, "not a whole number"};
  if (std::abs(*number.value) > 0x1.0p53) return {std::nullopt, "write all its digits"};
  if (std::is_unsigned_v<T> && *number.value < 0) return {std::nullopt, "less than 0"};
  return {static_cast<T>(*number.value), {}};
}

template <typename T>
std::string shortest(T value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value < 0 ? "-.inf" : ".inf";
  std::array<char, 64> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), result.ptr);
}

}  // namespace

Parsed<bool> parse_boolean(std::string_view text) {
  if (text == "true") return {true, {}};
  if (text == "false") return {false, {}};
  const std::string word = lower(text);
  for (const auto* yes : {"yes", "y", "on", "true", "1"}) {
    if (word == yes) return {std::nullopt, "write true"};
  }
  for (const auto* no : {"no", "n", "off", "false", "0"}) {
    if (word == no) return {std::nullopt, "write false"};
  }
  return {};
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  return integer<std::int64_t>(text);
}
Parsed<std::uint64_t> parse_unsigned(std::string_view text) {
  return integer<std::uint64_t>(text);
}
Parsed<double> parse_number(std::string_view text) {
  return real<double>(text);
}
Parsed<float> parse_float(std::string_view text) {
  return real<float>(text);
}

std::string number_text(double value) {
  return shortest(value);
}
std::string number_text(float value) {
  return shortest(value);
}

bool looks_like_a_value(std::string_view text) {
  if (text.empty() || text == "~" || text == "=" || text == "<<") return true;
  const std::string word = lower(text);
  for (const auto* special :
       {"null", "true", "false", "yes", "no", "on", "off", ".nan", ".inf", "-.inf", "+.inf"}) {
    if (word == special) return true;
  }
  // Numbers in any base, dates and times begin so.
  const char first = text.front();
  const bool sign = first == '-' || first == '+' || first == '.';
  return digit(first) || (sign && text.size() > 1 && (digit(text[1]) || text[1] == '.'));
}

}  // namespace unroll
