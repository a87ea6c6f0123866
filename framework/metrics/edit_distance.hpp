// Edit distance (Levenshtein 1966) and the error rates made of it:
//
//   error rate = Σ distance(hypothesis, reference) / Σ length(reference)
//
// summed over the corpus before dividing, as speech recognition does; it exceeds 1 where the
// hypotheses are much too long. Of phones it is the phone error rate, of words the word error rate.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <unroll/metrics/symbols.hpp>

namespace unroll::metrics {

/// The fewest insertions, deletions and replacements that make one of the other.
std::int64_t edit_distance(std::span<const Symbol> a, std::span<const Symbol> b);

struct Edits {
  std::int64_t distance = 0;          ///< summed over the corpus
  std::int64_t reference_length = 0;  ///< the same
  /// 0 if nothing was to be written and nothing was.
  double error_rate() const;
};

/// Of token ids. Throws Error(usage), as the two below, if there are not as many hypotheses as
/// references.
Edits edits(std::span<const Symbols> hypotheses, std::span<const Symbols> references);
/// Of code points, white space included.
Edits character_edits(std::span<const std::string> hypotheses,
                      std::span<const std::string> references);
/// Of the words between white space.
Edits word_edits(std::span<const std::string> hypotheses, std::span<const std::string> references);

}  // namespace unroll::metrics
