// Encoded: a split as ids, ready for batches.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <unroll/model/domain.hpp>
#include <unroll/model/tokenizer.hpp>

namespace unroll {

using TokenText = std::vector<TokenId>;

/// Texts as ids, and what is said of them.
struct TokenTexts {
  std::vector<TokenText> texts;
  std::int64_t characters = 0;  ///< code points; of pieces of a stream, after the first token
  std::int64_t unknown = 0;     ///< tokens the vocabulary lacks

  std::int64_t tokens() const noexcept;
};

/// The examples of one split. Lists that the data has no member for are empty.
struct Encoded {
  TokenTexts text, target;
  std::vector<std::int32_t> labels;  ///< -1: none (only of examples to predict)
  std::vector<Example> examples;     ///< as loaded, for features, values and tables

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
