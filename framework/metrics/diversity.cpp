#include <unroll/metrics/diversity.hpp>

#include <unroll/metrics/bleu.hpp>
#include <unroll/metrics/ngrams.hpp>
#include <unroll/metrics/pairs.hpp>

namespace unroll::metrics {

double distinct_n(std::span<const Symbol> text, std::size_t n) {
  const Ngrams all = ngrams(text, n);
  return ratio(distinct(all), all.size());
}

double distinct_n(std::span<const Symbols> texts, std::size_t n) {
  const Ngrams all = ngrams(texts, n);
  return ratio(distinct(all), all.size());
}

double repetition(std::span<const Symbol> text, std::size_t n) {
  const Ngrams all = ngrams(text, n);
  return ratio(static_cast<std::int64_t>(all.size()) - distinct(all), all.size());
}

double self_bleu(std::span<const std::string> texts) {
  if (texts.size() < 2) return 0;
  BleuOptions sentence;
  sentence.effective_order = true;
  double sum = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    std::vector<std::string> others(texts.begin(), texts.end());
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    sum += bleu(texts.subspan(i, 1), std::span(&others, 1), sentence).score;
  }
  return sum / static_cast<double>(texts.size());
}

}  // namespace unroll::metrics
