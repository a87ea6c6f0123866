// Token choice: what stands between a decoder's logits and the next token of a text, whoever
// writes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/core/random.hpp>
#include <unroll/model/packed_decoder.hpp>
#include <unroll/model/sampler.hpp>
#include <unroll/model/text_stream.hpp>

namespace unroll {

class TokenChoice {
 public:
  explicit TokenChoice(const Vocabulary& vocabulary);

  /// The sampler's choice among the tokens that may be written. Throws Error(plugin) for any other.
  TokenId operator()(std::span<const float> logits, Sampler& sampler, RandomStream& random);
  /// -log of the probability that the model gave a token among those, when one was chosen last.
  double surprise(TokenId token) const;
  /// What is fed where nothing was read: as at a text's beginning, or behind a line break.
  TokenId first() const;

 private:
  const Vocabulary& vocabulary_;
  std::vector<TokenId> never_;  ///< unknown, begin
  std::vector<float> allowed_;  ///< logits, minus infinity for these
};

/// A text and how it goes on.
class ContinuedText {
 public:
  ContinuedText(const Tokenizer& tokenizer, const Vocabulary& vocabulary)
      : stream_(tokenizer, vocabulary) {}

  void clear();
  /// What was read, and its tokens.
  void read(std::string_view text, std::span<const TokenId> tokens);
  /// What these tokens add, from the space before it if one is due.
  std::string write(std::span<const TokenId> tokens);

 private:
  TextStream stream_;
  bool spaced_ = false;  ///< did the text read end in a space no token holds?
};

}  // namespace unroll
