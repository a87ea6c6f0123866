#include <unroll/metrics/symbols.hpp>

#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <unroll/core/text.hpp>

namespace unroll::metrics {
namespace {

struct Character {
  Symbol symbol;
  std::size_t bytes;
};

/// The character that begins at text[0]; a byte that begins none is one of its own.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (first_invalid_utf8(text.substr(0, bytes))) return {-1 - lead, 1};
  Symbol symbol = lead & (0x7f >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) symbol = symbol << 6 | (byte(i) & 0x3f);
  return {symbol, bytes};
}

/// Calls use(symbol, begin, end) for each character, where it lies in bytes.
template <typename Use>
void each_character(std::string_view text, Use use) {
  for (std::size_t begin = 0; begin < text.size();) {
    const auto [symbol, bytes] = first_character(text.substr(begin));
    use(symbol, begin, begin + bytes);
    begin += bytes;
  }
}

}  // namespace

bool is_space(Symbol c) {
  return (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

Symbols characters(std::string_view text) {
  Symbols symbols;
  symbols.reserve(text.size());
  each_character(text, [&](Symbol symbol, std::size_t, std::size_t) { symbols.push_back(symbol); });
  return symbols;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  std::size_t start = 0;
  const auto cut = [&](std::size_t from, std::size_t to) {
    if (from > start) found.push_back(text.substr(start, from - start));
    start = to;
  };
  each_character(text, [&](Symbol symbol, std::size_t begin, std::size_t end) {
    if (is_space(symbol)) cut(begin, end);
  });
  cut(text.size(), text.size());
  return found;
}

std::string lower(std::string_view text) {
  std::string lowered;
  const icu::StringPiece piece(text.data(), static_cast<std::int32_t>(text.size()));
  icu::UnicodeString::fromUTF8(piece).toLower(icu::Locale::getRoot()).toUTF8String(lowered);
  return lowered;
}

Symbol WordNumbers::operator()(std::string_view word) {
  return numbers_.try_emplace(std::string(word), static_cast<Symbol>(numbers_.size()))
      .first->second;
}

Symbols WordNumbers::operator()(std::span<const std::string_view> words) {
  Symbols symbols;
  symbols.reserve(words.size());
  for (const std::string_view word : words) symbols.push_back((*this)(word));
  return symbols;
}

}  // namespace unroll::metrics
