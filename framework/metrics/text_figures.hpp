// What is said of each text that a model writes.
#pragma once

#include <optional>
#include <string_view>

#include <unroll/metrics/cycle.hpp>

namespace unroll::metrics {

/// Of words between white space, so that models of other tokens compare.
struct TextFigures {
  double distinct_1 = 0, distinct_2 = 0;  ///< different words, pairs of words / all (distinct-n)
  double repetition = 0;       ///< share of runs of four words that stood before (seq-rep-4)
  std::optional<Cycle> cycle;  ///< of characters
};

TextFigures text_figures(std::string_view text);

}  // namespace unroll::metrics
