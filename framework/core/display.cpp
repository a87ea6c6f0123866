#include <unroll/core/display.hpp>

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>

#include <unroll/core/unicode.hpp>

namespace unroll {
namespace {

constexpr char32_t kEmojiPresentation = 0xFE0F;

std::size_t width_of(char32_t point) {
  const auto character = static_cast<UChar32>(point);
  switch (u_charType(character)) {
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_FORMAT_CHAR:
    case U_CONTROL_CHAR:
      return 0;
    default:
      break;
  }
  const int width = u_getIntPropertyValue(character, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

std::size_t width_of_grapheme(std::string_view grapheme) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < grapheme.size();) {
    const char32_t point = next_code_point(grapheme, at);
    width = std::max(width, point == kEmojiPresentation ? 2 : width_of(point));
  }
  return width;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

std::size_t display_width(std::string_view text) {
  if (is_ascii(text)) return text.size();
  std::size_t width = 0;
  for_each_segment(text, Segment::grapheme,
                   [&](std::string_view grapheme) { width += width_of_grapheme(grapheme); });
  return width;
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string result;
  std::size_t used = 0;
  bool full = false;
  for_each_segment(text, Segment::grapheme, [&](std::string_view grapheme) {
    used += width_of_grapheme(grapheme);
    full = full || used > width - 1;
    if (!full) result += grapheme;
  });
  return result + "…";
}

std::string padded(std::string_view text, std::size_t width, bool right) {
  const std::size_t taken = display_width(text);
  const std::string space(taken < width ? width - taken : 0, ' ');
  return right ? space + std::string(text) : std::string(text) + space;
}

std::string printable(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool c0 = (byte(i) < 0x20 && text[i] != '\n' && text[i] != '\t') || byte(i) == 0x7F;
    const bool c1 = byte(i) == 0xC2 && i + 1 < text.size() && byte(i + 1) < 0xA0;
    if (c0) {
      result += fmt::format("\\x{:02x}", byte(i));
    } else if (c1) {
      result += fmt::format("\\u{:04x}", byte(++i));
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string printable_line(std::string_view text) {
  std::string line = printable(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  std::replace(line.begin(), line.end(), '\t', ' ');
  return line;
}

}  // namespace unroll
