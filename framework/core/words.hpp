// Words: a text cut into words and marks, and put together again.
//
// Cut at the word boundaries of Unicode (UAX #29, by ICU), which serve English, German and Hindi as
// well as Chinese, Japanese and Thai, whose words are found by dictionary. "don't" is one word,
// "Mr." two tokens, a run of one mark ("--", "...") one token, and so is each side of an
// _emphasised_ word.
//
// Spaces are not tokens: joining puts them back. Every mark has sides where a space is usual:
// behind a comma, before an opening bracket, nowhere around a dash. A mark that stands otherwise is
// another token, spelt with its spaces: ` "` opens a quotation, `"` closes one, ` - ` is a dash
// between spaces. So a model can tell one from the other, and text comes back as it was but for the
// number of spaces, and for marks without any space where one is usual ("10:30").
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace unroll {

/// What becomes of line breaks: each a token "\n"; none; a token "\n\n" for one or more blank
/// lines.
enum class LineBreaks { token, space, paragraph };

namespace detail {
void words(std::string_view text, LineBreaks line_breaks, void (*take)(void*, std::string_view),
           void* context);
}

/// Calls `take(std::string_view)` for every token of the text, in order. None is empty. A view
/// holds for its call alone.
template <typename Function>
void for_each_word(std::string_view text, LineBreaks line_breaks, Function&& take) {
  using Plain = std::remove_reference_t<Function>;
  detail::words(
      text, line_breaks,
      [](void* context, std::string_view token) { (*static_cast<Plain*>(context))(token); },
      const_cast<void*>(static_cast<const void*>(&take)));
}

/// The same tokens as a list.
std::vector<std::string> cut_words(std::string_view text, LineBreaks line_breaks);

/// Readable text. What is between two tokens depends on them alone, so that the text of more tokens
/// begins with the text of fewer.
std::string join_words(std::span<const std::string> tokens);

/// Is there a letter, digit or the like in it, not only marks?
bool is_word(std::string_view token) noexcept;

/// A mark without the spaces that it is spelt with.
std::string_view without_spaces(std::string_view token) noexcept;

}  // namespace unroll
