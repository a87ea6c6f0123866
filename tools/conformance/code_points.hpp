// Code points as tokens: a tokenizer of the kit's own, so that other kinds are checked without any
// tokenizer plugin.
#pragma once

#include <set>
#include <string>
#include <vector>

#include <unroll/core/unicode.hpp>
#include <unroll/model/tokenizer.hpp>

namespace unroll::conformance {

class CodePoints final : public Tokenizer {
 public:
  std::vector<std::string> cut(std::string_view text) const override {
    std::vector<std::string> tokens;
    for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
      next_code_point(text, end);
      tokens.emplace_back(text.substr(begin, end - begin));
    }
    return tokens;
  }
  std::string join(std::span<const std::string> tokens) const override {
    std::string text;
    for (const std::string& token : tokens) text += token;
    return text;
  }
  bool lossless() const override { return true; }
  Vocabulary learn(std::span<const std::string_view> texts, SpecialTokens wanted) const override {
    std::set<std::string> found;
    for (const std::string_view text : texts)
      for (std::string& token : cut(text)) found.insert(std::move(token));
    return Vocabulary::with_special({found.begin(), found.end()}, wanted);
  }
};

}  // namespace unroll::conformance
