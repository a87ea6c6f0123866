// The words that BLEU compares, as sacreBLEU cuts them (Post 2018, "A Call for Clarity in Reporting
// BLEU Scores", arXiv 1804.08771).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unroll::metrics {

enum class BleuWords {
  v13a,        ///< as mteval-v13a.pl, the standard of WMT: for Western languages
  characters,  ///< each code point but white space: for text without spaces
  spaced,      ///< at white space alone: for text that is cut already
};

/// The words of one segment, separated by white space. White space at its end is dropped first.
std::string bleu_words(std::string_view segment, BleuWords how);

}  // namespace unroll::metrics
