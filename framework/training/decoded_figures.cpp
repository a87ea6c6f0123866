#include <unroll/training/decoded_figures.hpp>

#include <algorithm>
#include <vector>

#include <unroll/core/error.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

/// Texts that are read side by side at most.
constexpr std::size_t kLanes = 64;

/// Adds what the model predicts of these texts, the longest first.
void read(const Model& model, std::span<const TokenSpan> texts, WeightFormat format,
          const StopFlag* stop, Figures& figures) {
  const auto decoder = continuing_decoder(model, std::ssize(texts), format);
  std::vector<TokenId> tokens(texts.size(), 0);
  std::vector<float> totals(texts.size());
  std::vector<std::int32_t> largest(texts.size());
  for (std::int64_t t = 0; t + 1 < texts.front().size() && !stopped(stop); ++t) {
    std::size_t reading = 0;  // texts that have a token to predict
    for (; reading < texts.size() && t + 1 < texts[reading].size(); ++reading)
      tokens[reading] = texts[reading][t];
    const std::span<const float> logits = decoder->next(tokens);
    const std::size_t width = logits.size() / texts.size();
    kernels::log_sum_exp(static_cast<std::int64_t>(reading), static_cast<std::int64_t>(width),
                         logits.data(), totals.data(), largest.data());
    for (std::size_t n = 0; n < reading; ++n) {
      const TokenId target = texts[n][t + 1];
      figures.total += static_cast<double>(totals[n]) -
                       static_cast<double>(logits[n * width + static_cast<std::size_t>(target)]);
      figures.correct += largest[n] == target ? 1 : 0;
    }
    figures.counted += static_cast<std::int64_t>(reading);
  }
}

}  // namespace

Figures decoded_figures(const Model& model, const Encoded& split, WeightFormat format,
                        const StopFlag* stop) {
  if (model.domain->fields.whole)
    fail(Failure::usage,
         "weights of fewer bits are measured on texts that go on from one another; this model "
         "learns whole examples");
  std::vector<TokenSpan> sorted;
  for (std::size_t i = 0; i < split.text.count(); ++i) sorted.push_back(split.text.text(i));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const TokenSpan& a, const TokenSpan& b) { return a.size() > b.size(); });
  Figures figures;
  for (std::size_t first = 0; first < sorted.size(); first += kLanes)
    read(model,
         std::span<const TokenSpan>(sorted).subspan(first, std::min(kLanes, sorted.size() - first)),
         format, stop, figures);
  figures.characters = split.text.characters;
  return figures;
}

}  // namespace unroll
