// BLEU of a corpus (Papineni et al. 2002, aclanthology.org/P02-1040) by sacreBLEU's definition
// (Post 2018, arXiv 1804.08771):
//
//   BLEU = 100 · BP · exp( (1/4) Σ_{n=1}^{4} log p_n )     BP = min(1, exp(1 - r/c))
//   p_n  = n-grams of the hypotheses that a reference has / n-grams of the hypotheses
//
// summed over the corpus before dividing; an n-gram counts at most as often as in the one
// reference that has it most. c is the hypotheses' length, r that of the nearest references.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <unroll/metrics/bleu_words.hpp>

namespace unroll::metrics {

inline constexpr std::size_t kBleuOrder = 4;

/// What stands for a precision of 0, whose logarithm there is not (Chen and Cherry 2014,
/// aclanthology.org/W14-3346).
enum class BleuSmoothing {
  none,         ///< nothing: BLEU is 0
  floor,        ///< method 1: `floor` matches
  exponential,  ///< method 3: 1/2 match, then 1/4 at the next such order, …
};

struct BleuOptions {
  BleuWords words = BleuWords::v13a;
  bool lowercase = false;
  BleuSmoothing smoothing = BleuSmoothing::exponential;
  double floor = 0.1;
  /// Leaves out the orders for which the hypotheses are too short: for single sentences.
  bool effective_order = false;
};

struct Bleu {
  double score = 0;                            ///< 0 to 100
  std::array<double, kBleuOrder> precision{};  ///< 0 to 100, smoothed
  double brevity_penalty = 1;
  std::int64_t hypothesis_length = 0, reference_length = 0;  ///< words
  /// Words of the longest reference. Below four, the score says nothing: it is 0 at best.
  std::int64_t longest_reference = 0;
};

/// References may be several to a hypothesis. Throws Error(usage) if there are not as many lists
/// of references as hypotheses, or one is empty.
Bleu bleu(std::span<const std::string> hypotheses,
          std::span<const std::vector<std::string>> references, const BleuOptions& options = {});
/// One reference to a hypothesis.
Bleu bleu(std::span<const std::string> hypotheses, std::span<const std::string> references,
          const BleuOptions& options = {});

}  // namespace unroll::metrics
