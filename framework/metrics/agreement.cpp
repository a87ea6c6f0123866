#include <unroll/metrics/agreement.hpp>

#include <algorithm>

#include <unroll/metrics/pairs.hpp>

namespace unroll::metrics {
namespace {

template <typename Text>
double equal_share(std::span<const Text> hypotheses, std::span<const Text> references) {
  check_pairs("exact_match", hypotheses.size(), references.size());
  std::int64_t equal = 0;
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    equal += hypotheses[i] == references[i] ? 1 : 0;
  return ratio(equal, hypotheses.size());
}

}  // namespace

double exact_match(std::span<const std::string> hypotheses,
                   std::span<const std::string> references) {
  return equal_share(hypotheses, references);
}

double exact_match(std::span<const Symbols> hypotheses, std::span<const Symbols> references) {
  return equal_share(hypotheses, references);
}

double token_accuracy(std::span<const Symbols> hypotheses, std::span<const Symbols> references) {
  check_pairs("token_accuracy", hypotheses.size(), references.size());
  std::int64_t right = 0, positions = 0;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    const Symbols &a = hypotheses[i], &b = references[i];
    const std::size_t both = std::min(a.size(), b.size());
    for (std::size_t t = 0; t < both; ++t) right += a[t] == b[t] ? 1 : 0;
    positions += static_cast<std::int64_t>(std::max(a.size(), b.size()));
  }
  return ratio(right, positions);
}

}  // namespace unroll::metrics
