// plugins/tokenizers/char.cpp of Unroll 0.1. Made by tools/freeze-abi.
// clang-format off
#include <unroll/plugin.hpp>

#include <algorithm>
#include <unordered_map>

namespace {

using unroll::for_each_segment;
using unroll::next_code_point;
using unroll::Segment;
using unroll::TokenId;
using unroll::Vocabulary;

constexpr std::size_t kCodePoints = 0x110000;

class CodePointTable {
 public:
  CodePointTable(const Vocabulary& vocabulary, TokenId unknown) : pages_(kCodePoints >> 8, 0) {
    ids_.assign(256, unknown);
    add_page(0);
    for (TokenId id = 0; id < vocabulary.size(); ++id) {
      const std::string& token = vocabulary.token(id);
      std::size_t end = 0;
      const std::size_t point = next_code_point(token, end);
      if (token.empty() || end != token.size()) continue;
      if (pages_[point >> 8] == 0) add_page(point >> 8);
      ids_[pages_[point >> 8] * std::size_t{256} + (point & 0xFF)] = id;
    }
  }

  TokenId ascii(unsigned char c) const { return ids_[256U + c]; }
  TokenId operator[](std::size_t point) const {
    return ids_[pages_[point >> 8] * std::size_t{256} + (point & 0xFF)];
  }

 private:
  void add_page(std::size_t page) {
    pages_[page] = static_cast<std::uint16_t>(ids_.size() / 256);
    ids_.resize(ids_.size() + 256, ids_.front());
  }
  std::vector<std::uint16_t> pages_;
  std::vector<TokenId> ids_;
};

class Char final : public unroll::Tokenizer {
 public:
  struct Options {
    std::string unit = "codepoint";
    std::int64_t minimum_count = 1;
  };
  static void describe(unroll::Schema<Options>& schema) {
    schema.summary("characters: Unicode code points or grapheme clusters");
    schema
        .option("unit", &Options::unit,
                "what a character is: a code point, or what a reader sees as one (UAX #29)")
        .choices({"codepoint", "grapheme"});
    schema
        .option("minimum_count", &Options::minimum_count,
                "characters seen less often in the training text become unknown")
        .at_least(1);
  }
  explicit Char(const Options& options)
      : graphemes_(options.unit == "grapheme"), minimum_count_(options.minimum_count) {}

  bool lossless() const override { return true; }

  std::vector<std::string> cut(std::string_view text) const override {
    std::vector<std::string> tokens;
    if (graphemes_) {
      for_each_segment(text, Segment::grapheme,
                       [&](std::string_view token) { tokens.emplace_back(token); });
    } else {
      for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
        next_code_point(text, end);
        tokens.emplace_back(text.substr(begin, end - begin));
      }
    }
    return tokens;
  }

  std::string join(std::span<const std::string> tokens) const override {
    std::string text;
    for (const auto& token : tokens) text += token;
    return text;
  }

  Vocabulary learn(std::span<const std::string_view> texts,
                   unroll::SpecialTokens wanted) const override {
    return Vocabulary::with_special(graphemes_ ? learn_graphemes(texts) : learn_points(texts),
                                    wanted);
  }

  std::vector<TokenId> encode(std::string_view text, const Vocabulary& vocabulary) const override {
    const auto unknown = vocabulary.special().unknown;
    if (!unknown) {
      unroll::fail(unroll::Failure::data, "this vocabulary has no unknown token: not of 'char'");
    }
    std::vector<TokenId> ids;
    if (graphemes_) {
      for_each_segment(text, Segment::grapheme, [&](std::string_view token) {
        ids.push_back(vocabulary.find(token).value_or(*unknown));
      });
      return ids;
    }
    const CodePointTable table(vocabulary, *unknown);
    ids.resize(text.size());
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size();) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte < 0x80) {
        ids[count++] = table.ascii(byte);
        ++at;
      } else {
        ids[count++] = table[next_code_point(text, at)];
      }
    }
    ids.resize(count);
    return ids;
  }

 private:
  std::vector<std::string> learn_points(std::span<const std::string_view> texts) const {
    std::vector<std::int64_t> counts(kCodePoints, 0);
    std::vector<std::string> tokens;
    std::unordered_map<std::size_t, std::string> bytes;
    for (const std::string_view text : texts) {
      for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
        const std::size_t point = next_code_point(text, end);
        if (++counts[point] == 1) bytes.emplace(point, text.substr(begin, end - begin));
      }
    }
    for (std::size_t point = 0; point < kCodePoints; ++point) {
      if (counts[point] >= minimum_count_) tokens.push_back(bytes.at(point));
    }
    return tokens;
  }

  std::vector<std::string> learn_graphemes(std::span<const std::string_view> texts) const {
    std::unordered_map<std::string_view, std::int64_t> counts;
    for (const std::string_view text : texts) {
      for_each_segment(text, Segment::grapheme, [&](std::string_view token) { ++counts[token]; });
    }
    std::vector<std::string> tokens;
    for (const auto& [token, count] : counts) {
      if (count >= minimum_count_) tokens.emplace_back(token);
    }
    std::ranges::sort(tokens, [](std::string_view a, std::string_view b) { return a < b; });
    return tokens;
  }

  bool graphemes_;
  std::int64_t minimum_count_;
};

}

UNROLL_PLUGIN(tokenizer, "char_0_1", "1.0.0", Char)
