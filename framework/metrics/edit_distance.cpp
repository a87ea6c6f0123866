#include <unroll/metrics/edit_distance.hpp>

#include <algorithm>
#include <limits>
#include <numeric>

#include <unroll/metrics/pairs.hpp>

namespace unroll::metrics {
namespace {

/// `symbols` gives the Symbols of one text.
template <typename Text, typename ToSymbols>
Edits edits_of(std::span<const Text> hypotheses, std::span<const Text> references,
               ToSymbols symbols) {
  check_pairs("error rate", hypotheses.size(), references.size());
  Edits edits;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    const Symbols reference = symbols(references[i]);
    edits.distance += edit_distance(symbols(hypotheses[i]), reference);
    edits.reference_length += static_cast<std::int64_t>(reference.size());
  }
  return edits;
}

}  // namespace

std::int64_t edit_distance(std::span<const Symbol> a, std::span<const Symbol> b) {
  // row[j] is the distance of the part of a read so far to the first j symbols of b.
  std::vector<std::int64_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (const Symbol symbol : a) {
    std::int64_t diagonal = row[0]++;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::int64_t replaced = diagonal + (symbol == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, diagonal + 1, replaced});
    }
  }
  return row.back();
}

double Edits::error_rate() const {
  if (reference_length == 0 && distance > 0) return std::numeric_limits<double>::infinity();
  return ratio(distance, reference_length);
}

Edits edits(std::span<const Symbols> hypotheses, std::span<const Symbols> references) {
  return edits_of(hypotheses, references, [](const Symbols& ids) { return ids; });
}

Edits character_edits(std::span<const std::string> hypotheses,
                      std::span<const std::string> references) {
  return edits_of(hypotheses, references, [](const std::string& text) { return characters(text); });
}

Edits word_edits(std::span<const std::string> hypotheses, std::span<const std::string> references) {
  WordNumbers numbers;
  return edits_of(hypotheses, references,
                  [&](const std::string& text) { return numbers(words(text)); });
}

}  // namespace unroll::metrics
