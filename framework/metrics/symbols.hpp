// Texts as sequences of numbers: characters or words, equal where the text is equal.
//
// White space is Unicode's, with the four separators U+001C to U+001F: what Python's str.split()
// cuts at, and with it the tools whose figures these metrics repeat.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace unroll::metrics {

using Symbol = std::int32_t;  ///< a code point, the number of a word, a token id
using Symbols = std::vector<Symbol>;

bool is_space(Symbol code_point);

/// The code points of a UTF-8 text; what is not UTF-8 gives negative symbols.
Symbols characters(std::string_view text);

/// What stands between white space; views into `text`.
std::vector<std::string_view> words(std::string_view text);

/// In lower case by Unicode's full mapping, whatever the language.
std::string lower(std::string_view text);

/// Gives each different word a number, from 0.
class WordNumbers {
 public:
  Symbol operator()(std::string_view word);
  Symbols operator()(std::span<const std::string_view> words);

 private:
  std::unordered_map<std::string, Symbol> numbers_;
};

}  // namespace unroll::metrics
