#include <unroll/metrics/rouge.hpp>

#include <algorithm>

#include <unroll/metrics/pairs.hpp>

namespace unroll::metrics {

std::int64_t longest_common_subsequence(std::span<const Symbol> a, std::span<const Symbol> b) {
  // row[j] is that of the part of a read so far and the first j symbols of b.
  std::vector<std::int64_t> row(b.size() + 1);
  for (const Symbol symbol : a) {
    std::int64_t diagonal = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::int64_t longer = symbol == b[j] ? diagonal + 1 : std::max(row[j], row[j + 1]);
      diagonal = row[j + 1];
      row[j + 1] = longer;
    }
  }
  return row.back();
}

double rouge_l(std::span<const std::string> hypotheses, std::span<const std::string> references) {
  check_pairs("rouge_l", hypotheses.size(), references.size());
  WordNumbers numbers;
  double sum = 0;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    const Symbols a = numbers(words(hypotheses[i])), b = numbers(words(references[i]));
    // 2 P R / (P + R) with both fractions multiplied out.
    sum += ratio(2 * longest_common_subsequence(a, b), a.size() + b.size());
  }
  return ratio(sum, hypotheses.size());
}

}  // namespace unroll::metrics
