// chrF of a corpus (Popović 2015, aclanthology.org/W15-3049) and chrF++ (Popović 2017,
// aclanthology.org/W17-4770), as sacreBLEU computes them:
//
//   chrF = 100 · (1 + β²) P R / (β² P + R)
//
// P and R are the means, over the orders of n-grams that both sides have, of the share of the
// hypotheses' n-grams found in the references and the converse; the counts are summed over the
// corpus. Character n-grams leave white space out; chrF++ adds word n-grams.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace unroll::metrics {

struct ChrfOptions {
  std::size_t characters = 6;  ///< the longest character n-gram
  std::size_t words = 0;       ///< the longest word n-gram; 2 makes chrF++
  double beta = 2;             ///< how much more recall weighs than precision
  bool lowercase = false;
};

/// 0 to 100. Of several references the one that fits best counts. Throws Error(usage) if there are
/// not as many lists of references as hypotheses, or one is empty.
double chrf(std::span<const std::string> hypotheses,
            std::span<const std::vector<std::string>> references, const ChrfOptions& options = {});
/// One reference to a hypothesis.
double chrf(std::span<const std::string> hypotheses, std::span<const std::string> references,
            const ChrfOptions& options = {});

}  // namespace unroll::metrics
