// Vocabulary: tokens and their ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <unroll/core/archive.hpp>

namespace unroll {

using TokenId = std::int32_t;

/// Ids are 0 … size()-1 in the order of the list. Special tokens are those a text cannot contain;
/// generation never produces unknown, padding or begin.
class Vocabulary {
 public:
  struct Special {
    std::optional<TokenId> unknown, begin, end, padding;
  };

  Vocabulary() = default;
  Vocabulary(std::vector<std::string> tokens, Special special);

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
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, TokenId> ids_;
  Special special_;
};

}  // namespace unroll
