// The simplest tokenizer, for tests that need one.
#pragma once

#include <string>
#include <vector>

#include <unroll/model/tokenizer.hpp>

namespace unroll::testing_room {

/// One token a byte.
class Letters final : public Tokenizer {
 public:
  std::vector<std::string> cut(std::string_view text) const override {
    std::vector<std::string> tokens;
    for (const char letter : text) tokens.emplace_back(1, letter);
    return tokens;
  }
  std::string join(std::span<const std::string> tokens) const override {
    std::string text;
    for (const std::string& token : tokens) text += token;
    return text;
  }
  bool lossless() const override { return true; }
  Vocabulary learn(std::span<const std::string_view>, SpecialTokens) const override { return {}; }
};

}  // namespace unroll::testing_room
