// How varied generated texts are: within themselves and among each other.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include <unroll/metrics/symbols.hpp>

namespace unroll::metrics {

/// distinct-n: different n-grams / n-grams, from 1 (none twice) down; 0 of texts that are too
/// short. Li et al. 2016, arXiv 1510.03055, who divide by the number of words: nearly the same, but
/// 1 would be out of reach for n > 1.
double distinct_n(std::span<const Symbol> text, std::size_t n);
/// The n-grams of several texts together.
double distinct_n(std::span<const Symbols> texts, std::size_t n);

/// seq-rep-n: the share of n-grams that the text had before, 1 - distinct-n; 0 of a text that is
/// too short. Welleck et al. 2020, arXiv 1908.04319, who use n = 4.
double repetition(std::span<const Symbol> text, std::size_t n);

/// Self-BLEU: the mean BLEU of each text with all others as its references, 0 to 100; the higher,
/// the more the texts overlap. Zhu et al. 2018, arXiv 1802.01886. 0 of fewer than two texts.
double self_bleu(std::span<const std::string> texts);

}  // namespace unroll::metrics
