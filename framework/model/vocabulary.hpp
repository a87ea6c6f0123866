// Vocabulary: tokens and their ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <unroll/core/archive.hpp>

namespace unroll {

using TokenId = std::int32_t;

/// The special tokens that a task asks for, beside the unknown one. Modelling a stream of text
/// wants neither; a task that generates examples of their own length (captions, translations,
/// names) wants both: it feeds `begin` before the first token of an example and learns to predict
/// `end` after the last.
struct SpecialTokens {
  bool begin = false, end = false;
};

/// Ids are 0 … size()-1 in the order of the list. Special tokens stand for what a text does not
/// spell out; generation never produces unknown or begin. There is no token for padding: batches
/// hold -1 where a sequence has ended, which is an all-zero row as input, counts for nothing as a
/// target, and, having no id, can never be generated.
class Vocabulary {
 public:
  struct Special {
    std::optional<TokenId> unknown, begin, end;
  };

  Vocabulary() = default;
  Vocabulary(std::vector<std::string> tokens, Special special);
  /// The texts' own tokens, whose ids are thus the same whatever is wanted, and behind them `<unk>`
  /// and, where wanted, `<bos>` and `<eos>`. A text's own token that is spelt like one of these
  /// means it: corpora exist with their rare words already replaced by `<unk>`.
  static Vocabulary with_special(std::vector<std::string> tokens, SpecialTokens wanted);

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(tokens_.size()); }
  const std::string& token(TokenId id) const { return tokens_.at(static_cast<std::size_t>(id)); }
  std::optional<TokenId> find(std::string_view token) const;
  const Special& special() const noexcept { return special_; }
  const std::vector<std::string>& tokens() const noexcept { return tokens_; }
  /// Is this a token that generated text must not contain?
  bool never_generated(TokenId id) const noexcept;

  Archive save() const;
  static Vocabulary load(const Archive& archive);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, TokenId, Hash, std::equal_to<>> ids_;
  Special special_;
};

}  // namespace unroll
