// Tokenizer: text to ids and back. The contract of tokenizer plugins.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/model/vocabulary.hpp>

namespace unroll {

/// Constructed as Tokenizer(const Options&). Text is valid UTF-8: the framework has checked.
/// `encode` and `decode` may be called from several threads once the vocabulary is there.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Cuts a text into its tokens. Joining them gives back the text where `lossless()`.
  virtual std::vector<std::string> cut(std::string_view text) const = 0;
  /// Puts tokens together into readable text; that of more tokens begins with that of fewer.
  virtual std::string join(std::span<const std::string> tokens) const = 0;
  /// Does join(cut(text)) give back every text, byte for byte?
  virtual bool lossless() const = 0;
  /// The vocabulary of these texts: the tokens that earn an id, then the special ones, by
  /// Vocabulary::with_special.
  virtual Vocabulary learn(std::span<const std::string_view> texts, SpecialTokens wanted) const = 0;
  /// The ids of a text, one for each token of `cut`; what the vocabulary lacks becomes its unknown
  /// token.
  /// The default cuts and looks up; override where going through strings is slow.
  virtual std::vector<TokenId> encode(std::string_view text, const Vocabulary& vocabulary) const;

  /// The text of these ids; special tokens are left out.
  std::string decode(std::span<const TokenId> ids, const Vocabulary& vocabulary) const;
};

}  // namespace unroll
