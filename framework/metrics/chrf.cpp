#include <unroll/metrics/chrf.hpp>

#include <algorithm>

#include <unroll/metrics/ngrams.hpp>
#include <unroll/metrics/pairs.hpp>

namespace unroll::metrics {
namespace {

/// N-grams of one order.
struct Counts {
  std::int64_t hypothesis = 0, reference = 0, common = 0;
};

bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
         (c >= '{' && c <= '~');
}

/// Words, with one mark of ASCII punctuation cut off: the last character or else the first.
std::vector<std::string_view> chrf_words(std::string_view text) {
  std::vector<std::string_view> cut;
  for (const std::string_view word : words(text)) {
    std::size_t head = word.size();
    if (is_punctuation(word.back()))
      head = word.size() - 1;
    else if (is_punctuation(word.front()))
      head = 1;
    if (head > 0) cut.push_back(word.substr(0, head));
    if (head < word.size()) cut.push_back(word.substr(head));
  }
  return cut;
}

class Counter {
 public:
  explicit Counter(const ChrfOptions& options)
      : options_(options), total_(options.characters + options.words) {}

  void add(const std::string& hypothesis, std::span<const std::string> references) {
    const std::vector<Symbols> written = symbols(hypothesis);
    std::vector<Counts> best;
    double best_score = -1;
    for (const std::string& reference : references) {
      std::vector<Counts> counts = compare(written, symbols(reference));
      const double found = score(counts);
      if (found > best_score) {
        best_score = found;
        best = std::move(counts);
      }
    }
    for (std::size_t i = 0; i < total_.size(); ++i) {
      total_[i].hypothesis += best[i].hypothesis;
      total_[i].reference += best[i].reference;
      total_[i].common += best[i].common;
    }
  }

  double score() const { return score(total_); }

 private:
  /// Characters but for white space, and words.
  std::vector<Symbols> symbols(const std::string& text) {
    const std::string cased = options_.lowercase ? lower(text) : text;
    Symbols solid = characters(cased);
    std::erase_if(solid, is_space);
    return {std::move(solid), numbers_(chrf_words(cased))};
  }

  std::vector<Counts> compare(const std::vector<Symbols>& written,
                              const std::vector<Symbols>& wanted) const {
    std::vector<Counts> counts;
    for (std::size_t i = 0; i < total_.size(); ++i) {
      const std::size_t kind = i < options_.characters ? 0 : 1;
      const std::size_t n = kind == 0 ? i + 1 : i + 1 - options_.characters;
      const Ngrams hypothesis = ngrams(written[kind], n), reference = ngrams(wanted[kind], n);
      // A reference too short for this order says nothing against the hypothesis.
      counts.push_back({reference.empty() ? 0 : static_cast<std::int64_t>(hypothesis.size()),
                        static_cast<std::int64_t>(reference.size()),
                        common(hypothesis, reference)});
    }
    return counts;
  }

  double score(const std::vector<Counts>& counts) const {
    double precision = 0, recall = 0, orders = 0;
    for (const Counts& order : counts) {
      if (order.hypothesis == 0 || order.reference == 0) continue;
      precision += ratio(order.common, order.hypothesis);
      recall += ratio(order.common, order.reference);
      orders += 1;
    }
    if (precision + recall == 0) return 0;
    precision /= orders;
    recall /= orders;
    const double factor = options_.beta * options_.beta;
    return 100 * (1 + factor) * precision * recall / (factor * precision + recall);
  }

  const ChrfOptions& options_;
  WordNumbers numbers_;
  std::vector<Counts> total_;  ///< by order: of characters, then of words
};

}  // namespace

double chrf(std::span<const std::string> hypotheses,
            std::span<const std::vector<std::string>> references, const ChrfOptions& options) {
  check_pairs("chrf", hypotheses.size(), references);
  Counter counter(options);
  for (std::size_t i = 0; i < hypotheses.size(); ++i) counter.add(hypotheses[i], references[i]);
  return counter.score();
}

double chrf(std::span<const std::string> hypotheses, std::span<const std::string> references,
            const ChrfOptions& options) {
  check_pairs("chrf", hypotheses.size(), references.size());
  Counter counter(options);
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    counter.add(hypotheses[i], references.subspan(i, 1));
  return counter.score();
}

}  // namespace unroll::metrics
