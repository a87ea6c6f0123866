// The n-grams of a text as a multiset, and what metrics ask of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <unroll/metrics/symbols.hpp>

namespace unroll::metrics {

/// Sorted, each as often as it occurs; views into the text they were taken from.
using Ngrams = std::vector<std::span<const Symbol>>;

Ngrams ngrams(std::span<const Symbol> text, std::size_t n);
/// Of several texts; none goes from one text to the next.
Ngrams ngrams(std::span<const Symbols> texts, std::size_t n);

/// The number of different ones.
std::int64_t distinct(const Ngrams& ngrams);

/// The number of those that both have: each counts as often as where it is rarer.
std::int64_t common(const Ngrams& a, const Ngrams& b);

/// Each as often as where it is more frequent.
Ngrams united(const Ngrams& a, const Ngrams& b);

}  // namespace unroll::metrics
