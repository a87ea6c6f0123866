// TextStream: the text of tokens that come one by one.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <unroll/model/tokenizer.hpp>

namespace unroll {

/// What a token adds to a text may depend on those before it: between two words there is a space.
/// The pieces together are the text of all tokens. Remembers as many tokens as matter in practice,
/// so that a text of any length takes the same time a token.
class TextStream {
 public:
  /// Both must outlive the stream.
  TextStream(const Tokenizer& tokenizer, const Vocabulary& vocabulary)
      : tokenizer_(tokenizer), vocabulary_(vocabulary) {}

  /// What this token adds.
  std::string add(TokenId token) { return add({&token, 1}); }
  /// What these tokens add, all at once: what they would add one by one, sooner.
  std::string add(std::span<const TokenId> tokens);
  /// The end of the text so far.
  const std::string& tail() const noexcept { return text_; }
  void clear();

 private:
  const Tokenizer& tokenizer_;
  const Vocabulary& vocabulary_;
  std::vector<TokenId> ids_;
  std::string text_;  ///< of ids_
};

}  // namespace unroll
