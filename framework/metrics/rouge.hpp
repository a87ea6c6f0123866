// ROUGE-L of sentences (Lin 2004, aclanthology.org/W04-1013): how much of both texts is in their
// longest common subsequence of words, LCS.
//
//   P = LCS / words of the hypothesis     R = LCS / words of the reference     F = 2 P R / (P + R)
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include <unroll/metrics/symbols.hpp>

namespace unroll::metrics {

std::int64_t longest_common_subsequence(std::span<const Symbol> a, std::span<const Symbol> b);

/// The mean F over the pairs, 0 to 1; words are what stands between white space, as written.
/// Throws Error(usage) if there are not as many hypotheses as references.
double rouge_l(std::span<const std::string> hypotheses, std::span<const std::string> references);

}  // namespace unroll::metrics
