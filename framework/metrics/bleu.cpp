#include <unroll/metrics/bleu.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <unroll/metrics/ngrams.hpp>
#include <unroll/metrics/pairs.hpp>

namespace unroll::metrics {
namespace {

/// The sums over a corpus that BLEU is made of; orders count from 0.
struct Counts {
  std::array<std::int64_t, kBleuOrder> matched{}, total{};
  std::int64_t hypothesis_length = 0, reference_length = 0, longest_reference = 0;
};

class Counter {
 public:
  explicit Counter(const BleuOptions& options) : options_(options) {}

  void add(const std::string& hypothesis, std::span<const std::string> references) {
    const Symbols written = symbols(hypothesis);
    std::vector<Symbols> wanted;
    for (const std::string& reference : references) {
      wanted.push_back(symbols(reference));
      counts_.longest_reference = std::max(counts_.longest_reference, std::ssize(wanted.back()));
    }
    for (std::size_t n = 0; n < kBleuOrder; ++n) {
      Ngrams allowed = ngrams(wanted.front(), n + 1);
      for (std::size_t i = 1; i < wanted.size(); ++i)
        allowed = united(allowed, ngrams(wanted[i], n + 1));
      const Ngrams found = ngrams(written, n + 1);
      counts_.matched[n] += common(found, allowed);
      counts_.total[n] += static_cast<std::int64_t>(found.size());
    }
    const auto length = static_cast<std::int64_t>(written.size());
    counts_.hypothesis_length += length;
    counts_.reference_length += nearest_length(length, wanted);
  }
  const Counts& counts() const { return counts_; }

 private:
  Symbols symbols(const std::string& text) {
    const std::string cut = bleu_words(options_.lowercase ? lower(text) : text, options_.words);
    return numbers_(words(cut));
  }

  /// Of two as near, the shorter.
  static std::int64_t nearest_length(std::int64_t length, const std::vector<Symbols>& references) {
    auto nearest = static_cast<std::int64_t>(references.front().size());
    for (const Symbols& reference : references) {
      const auto other = static_cast<std::int64_t>(reference.size());
      const std::int64_t gain = std::abs(nearest - length) - std::abs(other - length);
      if (gain > 0 || (gain == 0 && other < nearest)) nearest = other;
    }
    return nearest;
  }

  const BleuOptions& options_;
  WordNumbers numbers_;
  Counts counts_;
};

double brevity_penalty(double hypotheses, double references) {
  if (hypotheses >= references) return 1;
  return hypotheses > 0 ? std::exp(1 - references / hypotheses) : 0;
}

Bleu score(const Counts& counts, const BleuOptions& options) {
  Bleu bleu;
  bleu.hypothesis_length = counts.hypothesis_length;
  bleu.reference_length = counts.reference_length;
  bleu.longest_reference = counts.longest_reference;
  bleu.brevity_penalty = brevity_penalty(static_cast<double>(counts.hypothesis_length),
                                         static_cast<double>(counts.reference_length));
  if (counts.matched[0] == 0) return bleu;  // and so none of any order
  std::size_t orders = kBleuOrder;
  double smoothed = 1;
  for (std::size_t n = 0; n < kBleuOrder && counts.total[n] > 0; ++n) {
    if (options.effective_order) orders = n + 1;
    auto matched = static_cast<double>(counts.matched[n]);
    if (matched == 0 && options.smoothing == BleuSmoothing::exponential) matched = smoothed /= 2;
    if (matched == 0 && options.smoothing == BleuSmoothing::floor) matched = options.floor;
    bleu.precision[n] = 100 * matched / static_cast<double>(counts.total[n]);
  }
  double logarithms = 0;
  for (std::size_t n = 0; n < orders; ++n) logarithms += std::log(bleu.precision[n]);
  bleu.score = bleu.brevity_penalty * std::exp(logarithms / static_cast<double>(orders));
  return bleu;
}

}  // namespace

Bleu bleu(std::span<const std::string> hypotheses,
          std::span<const std::vector<std::string>> references, const BleuOptions& options) {
  check_pairs("bleu", hypotheses.size(), references);
  Counter counter(options);
  for (std::size_t i = 0; i < hypotheses.size(); ++i) counter.add(hypotheses[i], references[i]);
  return score(counter.counts(), options);
}

Bleu bleu(std::span<const std::string> hypotheses, std::span<const std::string> references,
          const BleuOptions& options) {
  check_pairs("bleu", hypotheses.size(), references.size());
  Counter counter(options);
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    counter.add(hypotheses[i], references.subspan(i, 1));
  return score(counter.counts(), options);
}

}  // namespace unroll::metrics
