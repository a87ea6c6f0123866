// plugins/tokenizers/char.cpp of Unroll 0.1. Made by tools/freeze-abi.
// clang-format off
#include <unroll/plugin.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace {

using unroll::for_each_segment;
using unroll::next_code_point;
using unroll::Segment;
using unroll::TokenCounts;
using unroll::TokenId;
using unroll::Vocabulary;

constexpr std::size_t kCodePoints = 0x110000;
constexpr std::size_t kPage = 256;

class CodePointCounts {
 public:
  CodePointCounts() : pages_(kCodePoints / kPage, 0) {}

  std::int64_t& operator[](std::size_t point) {
    std::uint16_t& page = pages_[point / kPage];
    if (page == 0) {
      counts_.resize(counts_.size() + kPage, 0);
      page = static_cast<std::uint16_t>(counts_.size() / kPage);
    }
    return counts_[(page - std::size_t{1}) * kPage + point % kPage];
  }
  template <typename Function>
  void for_each(Function function) const {
    for (std::size_t page = 0; page < pages_.size(); ++page)
      for (std::size_t i = 0; pages_[page] > 0 && i < kPage; ++i)
        if (const std::int64_t count = counts_[(pages_[page] - std::size_t{1}) * kPage + i])
          function(page * kPage + i, count);
  }

 private:
  std::vector<std::uint16_t> pages_;
  std::vector<std::int64_t> counts_;
};

std::optional<std::uint64_t> eight_ascii(std::string_view text, std::size_t at) {
  if (at + 8 > text.size()) return std::nullopt;
  std::uint64_t eight = 0;
  for (std::size_t i = 0; i < 8; ++i)
    eight |= std::uint64_t{static_cast<unsigned char>(text[at + i])} << 8 * i;
  if ((eight & 0x8080808080808080U) != 0) return std::nullopt;
  return eight;
}

class CodePointTable {
 public:
  CodePointTable(const Vocabulary& vocabulary, TokenId unknown) : pages_(kCodePoints / kPage, 0) {
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

  TokenId ascii(std::size_t c) const { return ids_[256U + c]; }
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

class Char final : public unroll::Tokenizer, public unroll::PiecewiseTokenizer {
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

  std::size_t cut_from(std::string_view text, std::size_t at) const override {
    return graphemes_ ? unroll::line_from(text, at) : unroll::code_point_from(text, at);
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
      if (const auto eight = eight_ascii(text, at)) {
        for (std::size_t i = 0; i < 8; ++i) ids[count++] = table.ascii(*eight >> 8 * i & 0x7F);
        at += 8;
      } else {
        ids[count++] = table[next_code_point(text, at)];
      }
    }
    ids.resize(count);
    return ids;
  }

 private:
  std::vector<std::string> learn_points(std::span<const std::string_view> texts) const {
    const std::vector<CodePointCounts> shares = unroll::read_pieces(
        texts, *this, CodePointCounts(),
        [](CodePointCounts& counts, std::string_view piece) { count_points(piece, counts); });
    CodePointCounts sum;
    for (const CodePointCounts& counts : shares)
      counts.for_each([&](std::size_t point, std::int64_t count) { sum[point] += count; });
    std::vector<std::string> tokens;
    sum.for_each([&](std::size_t point, std::int64_t count) {
      if (count >= minimum_count_) tokens.push_back(spelling(point));
    });
    return tokens;
  }

  static void count_points(std::string_view text, CodePointCounts& counts) {
    std::array<std::array<std::int64_t, 128>, 4> ascii{};
    for (std::size_t at = 0; at < text.size();) {
      if (const auto eight = eight_ascii(text, at)) {
        for (std::size_t i = 0; i < 8; ++i) ++ascii[i % 4][*eight >> 8 * i & 0x7F];
        at += 8;
        continue;
      }
      ++counts[next_code_point(text, at)];
    }
    for (std::size_t point = 0; point < 128; ++point)
      for (const auto& table : ascii) counts[point] += table[point];
  }

  static std::string spelling(std::size_t point) {
    if (point < 0x80) return {static_cast<char>(point)};
    const std::size_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    std::string bytes(more + 1, '\0');
    for (std::size_t i = more; i > 0; --i, point >>= 6)
      bytes[i] = static_cast<char>(0x80 | (point & 0x3F));
    bytes[0] = static_cast<char>((0xFFU << (7 - more) & 0xFF) | point);
    return bytes;
  }

  std::vector<std::string> learn_graphemes(std::span<const std::string_view> texts) const {
    const TokenCounts counts = unroll::sum_of(
        unroll::read_pieces(texts, *this, TokenCounts(), [](TokenCounts& into, auto piece) {
          for_each_segment(piece, Segment::grapheme,
                           [&](std::string_view token) { into.add(token); });
        }));
    std::vector<std::string> tokens;
    for (const TokenCounts::Entry& entry : counts.entries()) {
      if (entry.count >= minimum_count_) tokens.emplace_back(entry.token);
    }
    std::ranges::sort(tokens, [](std::string_view a, std::string_view b) { return a < b; });
    return tokens;
  }

  bool graphemes_;
  std::int64_t minimum_count_;
};

}

UNROLL_PLUGIN(tokenizer, "char_0_1", "1.0.0", Char)
