// Encoded: a split as ids, ready for batches.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/model/domain.hpp>
#include <unroll/model/text_streams.hpp>
#include <unroll/model/tokenizer.hpp>
#include <unroll/training/token_store.hpp>

namespace unroll {

/// Texts as ids, and what is said of them.
struct TokenTexts {
  std::vector<TokenText> texts;
  TokenStore stored;            ///< the texts, where `texts` is empty: those of long streams
  std::int64_t characters = 0;  ///< code points; of pieces of a stream, after the first token
  std::int64_t unknown = 0;     ///< tokens the vocabulary lacks

  std::int64_t tokens() const noexcept;
  std::size_t count() const noexcept { return texts.empty() ? stored.texts() : texts.size(); }
  TokenSpan text(std::size_t index) const {
    return texts.empty() ? stored.text(index) : TokenSpan(texts[index]);
  }
  /// All of them, stored or copied.
  TokenStore store() const { return texts.empty() ? stored : TokenStore::of(texts); }
};

/// The examples of one split. Lists that the data has no member for are empty.
struct Encoded {
  TokenTexts text, target;
  std::vector<std::int32_t> labels;  ///< -1: none (only of examples to predict)
  std::vector<Example> examples;     ///< as loaded, for features, values and tables
  /// Of streams that lie in files: what is in no example's `text`, and what keeps it.
  std::vector<std::string_view> streams;
  std::shared_ptr<const TextStore> store;

  /// An example's text.
  std::string_view text_of(std::size_t example) const {
    return streams.empty() ? std::string_view(examples[example].text) : streams[example];
  }
  std::int64_t size() const noexcept { return static_cast<std::int64_t>(examples.size()); }
};

/// The tokenizers of `text` and of `target`; the latter may be null where there is no target.
struct Tokenizers {
  const Tokenizer* text;
  const Tokenizer* target;
};

/// Vocabularies and classes of the training split. Those of whole examples have a begin and an
/// end token.
Domain learn_domain(const Splits& splits, const Tokenizers& tokenizers);

/// Code points of a text, and of the first token of a piece of a stream, which nothing predicts:
/// the unknown one is spelt, a part of a character counts for none.
std::int64_t code_points(std::string_view text);
std::int64_t code_points_of(TokenId first, const Tokenizer& tokenizer,
                            const Vocabulary& vocabulary);

/// How often each token of the vocabulary occurs; empty where there are no texts.
std::vector<std::int64_t> count_tokens(const TokenTexts& texts, const Vocabulary& vocabulary);

/// Throws Error(data) for a label that the training split lacks.
Encoded encode(std::vector<Example> examples, const Domain& domain, const Tokenizers& tokenizers);

/// The examples at these places.
Encoded select(const Encoded& from, std::span<const std::int64_t> places);

/// Ids of texts that are pieces of a stream, or wholes.
TokenTexts encode_texts(const std::vector<std::string_view>& texts, const Tokenizer& tokenizer,
                        const Vocabulary& vocabulary, bool whole);

}  // namespace unroll
