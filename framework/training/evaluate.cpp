#include <unroll/training/evaluate.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace unroll {
namespace {

/// Texts that are read side by side at most; more make the tensors larger than the caches.
constexpr std::size_t kLanes = 256;
/// Tokens of one forward pass: enough for efficient products, small enough for the caches.
constexpr std::int64_t kTokens = 2048;

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

double ratio(double a, std::int64_t b) {
  return b > 0 ? a / static_cast<double>(b) : 0;
}

}  // namespace

double Figures::loss() const {
  return ratio(nats, tokens);
}
double Figures::bits_per_character() const {
  return ratio(nats / std::numbers::ln2, characters);
}
double Figures::perplexity() const {
  return std::exp(loss());
}
double Figures::accuracy() const {
  return ratio(static_cast<double>(correct), tokens);
}

TokenTexts encode(std::span<const Example> examples, const Tokenizer& tokenizer,
                  const Vocabulary& vocabulary) {
  TokenTexts all;
  for (const Example& example : examples) {
    TokenText ids = tokenizer.encode(example.text, vocabulary);
    if (vocabulary.special().unknown)
      all.unknown += std::count(ids.begin(), ids.end(), *vocabulary.special().unknown);
    if (!ids.empty()) {
      const std::int64_t first = code_points(vocabulary.token(ids.front()));
      all.characters += std::max<std::int64_t>(code_points(example.text) - first, 0);
    }
    all.texts.push_back(std::move(ids));
  }
  return all;
}

Figures evaluate(Architecture& architecture, const TokenTexts& texts,
                 const volatile std::sig_atomic_t* stop) {
  Figures figures;
  Graph graph(Graph::Mode::infer);
  // The longest first, so that texts of like length share a pass and little is padding.
  std::vector<TokenText> sorted = texts.texts;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const TokenText& a, const TokenText& b) { return a.size() > b.size(); });
  for (std::size_t first = 0; first < sorted.size(); first += kLanes) {
    const std::size_t lanes = std::min(kLanes, sorted.size() - first);
    const std::int64_t window =
        std::clamp<std::int64_t>(kTokens / static_cast<std::int64_t>(lanes), 16, 512);
    const auto batches = make_documents(std::span(sorted).subspan(first, lanes), window);
    Carry carry;
    for (std::int64_t i = 0; i < batches->per_epoch(); ++i) {
      if (stop != nullptr && *stop != 0) return figures;
      graph.clear();
      const Outcome outcome = architecture.run(graph, batches->get(i), carry, nullptr);
      figures.nats += outcome.nats;
      figures.tokens += outcome.counted;
      figures.correct += outcome.correct;
    }
  }
  figures.characters = texts.characters;
  return figures;
}

}  // namespace unroll
