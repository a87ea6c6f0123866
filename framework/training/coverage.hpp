// Coverage: how much of the data's text a vocabulary holds.
#pragma once

#include <cstdint>
#include <string>

#include <unroll/core/archive.hpp>
#include <unroll/training/encoded.hpp>

namespace unroll {

/// Special tokens are not counted.
struct Coverage {
  std::int64_t size = 0;   ///< tokens with an id of their own
  std::int64_t types = 0;  ///< different tokens of the training text
  std::int64_t train_tokens = 0, train_unknown = 0;
  std::int64_t validation_tokens = 0, validation_unknown = 0;

  /// Share of the running training text that has ids of its own.
  double share() const noexcept;
  /// Share of the validation text that has not.
  double unknown_rate() const noexcept;
  /// Does the vocabulary lack anything that occurs?
  bool complete() const noexcept { return train_unknown == 0 && validation_unknown == 0; }

  /// "79 different tokens" where nothing is lacking, else "5,893 of 9,797 different tokens (97.1 %
  /// of the text; 1.9 % of validation unknown)"
  std::string text() const;
  Archive save() const;
};

/// Of one text of the examples, as its tokenizer cut it and as the vocabulary knows it.
struct CoveredText {
  std::string Example::*text;
  TokenTexts Encoded::*ids;
  const Tokenizer& tokenizer;
  const Vocabulary& vocabulary;
};
Coverage coverage_of(const CoveredText& part, const Encoded& train, const Encoded& validation);

}  // namespace unroll
