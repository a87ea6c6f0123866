// Unicode: where a text may be cut, case and normal forms, and what its characters are.
// Everything is by the root locale: it holds for all languages and depends on no setting.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace unroll {

/// What a reader sees as one character, or as one word (UAX #29). Word segments are words, runs of
/// spaces, line breaks and single marks; scripts that are written without spaces are cut by
/// dictionaries.
enum class Segment { grapheme, word };

namespace detail {
void segments(std::string_view text, Segment kind, void (*take)(void*, std::string_view),
              void* context);
}

/// Calls `take(std::string_view)` for every segment of the text, in order; together they are the
/// text. Throws Error(data) on a line of more than 1 GiB.
template <typename Function>
void for_each_segment(std::string_view text, Segment kind, Function&& take) {
  using Plain = std::remove_reference_t<Function>;
  detail::segments(
      text, kind,
      [](void* context, std::string_view segment) { (*static_cast<Plain*>(context))(segment); },
      const_cast<void*>(static_cast<const void*>(&take)));
}

/// Without differences of case: "Straße" and "STRASSE" both become "strasse".
std::string fold_case(std::string_view text);

/// Canonical composition, or compatibility composition (UAX #15).
enum class NormalForm { nfc, nfkc };
std::string normalise(std::string_view text, NormalForm form);

/// The code point at `at`, which moves behind it. Text that is not UTF-8 is read safely, if not
/// sensibly: every value is at most U+10FFFF and `at` at most the text's size.
inline char32_t next_code_point(std::string_view text, std::size_t& at) noexcept {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<char32_t>(static_cast<unsigned char>(text[i])) : U'\0';
  };
  const char32_t first = byte(at);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t point = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (byte(at + i) & 0x3F);
  at = std::min(at + length, text.size());
  return std::min(point, char32_t{0x10FFFF});
}

/// What a code point is, as far as words and the spaces between them go.
enum class CharacterKind {
  letter,       ///< of a script that puts spaces between words
  ideograph,    ///< Han, kana: no space on either side
  wide_mark,    ///< the punctuation of these: 。「」
  unspaced,     ///< Thai, Lao, Khmer, Burmese, …: no spaces among themselves
  digit,        ///< decimal, of any script
  mark,         ///< combining
  opening,      ///< ( [ { „ “ «
  closing,      ///< ) ] } ” »
  dash,         ///< - – —
  connector,    ///< _
  punctuation,  ///< all other: . , ! ? & * / । "
  currency,
  symbol,  ///< and whatever is none of these
  space,
  line_break,
};
CharacterKind kind_of(char32_t point) noexcept;

}  // namespace unroll
