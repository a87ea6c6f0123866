// Bytes as tokens: 256 of them, whatever the text, and nothing is ever unknown.
//
// Byte b has id b. As a token, b is spelt as the character that it is in ASCII, and as <0xE2> where
// it is none by itself (0 and 128 to 255). A character of another script is several tokens, and a
// model may write bytes that are no character: what is shown of those is U+FFFD.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace {

using namespace unroll;

constexpr std::size_t kBytes = 256;

const std::array<std::string, kBytes>& spellings() {
  static const std::array<std::string, kBytes> all = [] {
    constexpr const char* kDigits = "0123456789ABCDEF";
    std::array<std::string, kBytes> made;
    for (std::size_t b = 0; b < kBytes; ++b) {
      if (b > 0 && b < 128) {
        made[b].assign(1, static_cast<char>(b));
        continue;
      }
      made[b] = "<0x00>";
      made[b][3] = kDigits[b >> 4];
      made[b][4] = kDigits[b & 15];
    }
    return made;
  }();
  return all;
}

class Byte final : public Tokenizer, public PiecewiseTokenizer {
 public:
  struct Options {};
  static void describe(Schema<Options>& schema) {
    schema.summary("bytes of UTF-8: 256 tokens for every language, and nothing is unknown");
  }
  explicit Byte(const Options&) {}

  bool lossless() const override { return true; }

  std::vector<std::string> cut(std::string_view text) const override {
    std::vector<std::string> tokens;
    tokens.reserve(text.size());
    for (const char c : text) tokens.push_back(spellings()[static_cast<unsigned char>(c)]);
    return tokens;
  }

  std::string join(std::span<const std::string> tokens) const override {
    std::string text;
    for (const std::string& token : tokens) {
      if (token.size() == 1) {
        text += token;
        continue;
      }
      const auto found = std::find(spellings().begin(), spellings().end(), token);
      if (found != spellings().end()) text += static_cast<char>(found - spellings().begin());
    }
    return text;
  }

  std::size_t cut_from(std::string_view text, std::size_t at) const override {
    return code_point_from(text, at);
  }

  Vocabulary learn(std::span<const std::string_view> /*texts*/,
                   SpecialTokens wanted) const override {
    return Vocabulary::with_special({spellings().begin(), spellings().end()}, wanted);
  }

  std::vector<TokenId> encode(std::string_view text, const Vocabulary& vocabulary) const override {
    if (vocabulary.size() < std::ssize(spellings()) ||
        !std::equal(spellings().begin(), spellings().end(), vocabulary.tokens().begin()))
      fail(Failure::data, "this vocabulary does not begin with the 256 bytes: not of 'byte'");
    std::vector<TokenId> ids(text.size());
    std::transform(text.begin(), text.end(), ids.begin(),
                   [](char c) { return static_cast<unsigned char>(c); });
    return ids;
  }
};

}  // namespace

UNROLL_PLUGIN(tokenizer, "byte", "1.0.0", Byte)
