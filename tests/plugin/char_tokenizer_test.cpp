// The char tokenizer on text that is hard to cut.
#include <gmock/gmock.h>

#include <chrono>

#include <unroll/core/error.hpp>
#include <unroll/core/random.hpp>
#include <unroll/core/text.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;

std::unique_ptr<Tokenizer> make(const std::string& unit, const std::string& minimum = "1") {
  static const Registry registry({test::plugins()});
  return registry.make_tokenizer(
      {"char",
       Node::map({{"unit", {}, Node::scalar(unit)}, {"minimum_count", {}, Node::scalar(minimum)}}),
       {}});
}

Vocabulary learn(const Tokenizer& tokenizer, std::string_view text) {
  return tokenizer.learn(std::span(&text, 1), {});
}

std::string utf8(std::uint32_t point) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) return {static_cast<char>(point)};
  if (point < 0x800) return {static_cast<char>(0xC0 | point >> 6), tail(0)};
  if (point < 0x10000) return {static_cast<char>(0xE0 | point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0)};
}

// Every length of code, both ends of each, combining marks, joined emoji, right-to-left text,
// a byte-order mark, a zero byte, both kinds of line ends.
const std::string kHard = std::string("a\0b", 3) + "e\u0301\r\n\n\t" + utf8(0x7F) + utf8(0x80) +
                          utf8(0x7FF) + utf8(0x800) + utf8(0xFFFD) + utf8(0xFEFF) + utf8(0x10000) +
                          utf8(0x10FFFF) +
                          "\U0001F468\u200D\U0001F469\u200D\U0001F467 \U0001F1E9\U0001F1EA "
                          "שָׁלוֹם مرحبا नमस्ते 한국어 각 <unk>";

TEST(CharTokenizer, EveryTextComesBackByteForByte) {
  ASSERT_EQ(first_invalid_utf8(kHard), std::nullopt);
  for (const char* unit : {"codepoint", "grapheme"}) {
    const auto tokenizer = make(unit);
    EXPECT_TRUE(tokenizer->lossless());
    EXPECT_EQ(tokenizer->join(tokenizer->cut(kHard)), kHard) << unit;
    const Vocabulary vocabulary = learn(*tokenizer, kHard);
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(kHard, vocabulary), vocabulary), kHard) << unit;
    EXPECT_TRUE(tokenizer->encode("", vocabulary).empty());
  }
}

TEST(CharTokenizer, RandomTextComesBack) {
  RandomStream random(3, "text");
  for (int trial = 0; trial < 50; ++trial) {
    std::string text;
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t limits[] = {0x80, 0x800, 0xD800, 0x110000};
      const auto point = static_cast<std::uint32_t>(random.below(limits[random.below(4)]));
      if (point < 0xD800 || point > 0xDFFF) text += utf8(point);
    }
    for (const char* unit : {"codepoint", "grapheme"}) {
      const auto tokenizer = make(unit);
      const Vocabulary vocabulary = learn(*tokenizer, text);
      EXPECT_EQ(tokenizer->decode(tokenizer->encode(text, vocabulary), vocabulary), text);
      EXPECT_EQ(tokenizer->encode(text, vocabulary), tokenizer->Tokenizer::encode(text, vocabulary))
          << "the fast way agrees with cutting and looking up";
    }
  }
}

TEST(CharTokenizer, GraphemesAreWhatAReaderSees) {
  EXPECT_THAT(make("grapheme")->cut("e\u0301x\U0001F468\u200D\U0001F469\u200D\U0001F467\r\n"),
              ElementsAre("e\u0301", "x", "\U0001F468\u200D\U0001F469\u200D\U0001F467", "\r\n"));
  EXPECT_THAT(make("codepoint")->cut("e\u0301\r\n"), ElementsAre("e", "\u0301", "\r", "\n"));
}

TEST(CharTokenizer, IdsFollowTheCodePointsAndUnknownIsLast) {
  const auto tokenizer = make("codepoint");
  const Vocabulary vocabulary = learn(*tokenizer, "bé\U0001F600a\u4E2D");
  EXPECT_THAT(vocabulary.tokens(), ElementsAre("a", "b", "é", "\u4E2D", "\U0001F600", "<unk>"));
  EXPECT_EQ(vocabulary.special().unknown, 5);
  EXPECT_TRUE(vocabulary.never_generated(5));
  EXPECT_THAT(tokenizer->encode("az\u00E8\u4E2Eé", vocabulary), ElementsAre(0, 5, 5, 5, 2));
  EXPECT_THAT(tokenizer->encode("<unk>", vocabulary), ElementsAre(5, 5, 5, 5, 5));
}

TEST(CharTokenizer, RareCharactersAreUnknown) {
  for (const char* unit : {"codepoint", "grapheme"}) {
    const Vocabulary vocabulary = learn(*make(unit, "2"), "aab\u00E9c\u00E9");
    EXPECT_THAT(vocabulary.tokens(), ElementsAre("a", "\u00E9", "<unk>")) << unit;
  }
}

TEST(CharTokenizer, EmptyTextHasTheUnknownTokenAlone) {
  EXPECT_THAT(learn(*make("codepoint"), "").tokens(), ElementsAre("<unk>"));
  EXPECT_THAT(learn(*make("grapheme"), "").tokens(), ElementsAre("<unk>"));
}

TEST(CharTokenizer, SpecialTokensLeaveTheIdsOfCharactersAlone) {
  for (const char* unit : {"codepoint", "grapheme"}) {
    const auto tokenizer = make(unit);
    const std::string_view text = "ba<bos>";
    const Vocabulary vocabulary =
        tokenizer->learn(std::span(&text, 1), {.begin = true, .end = true});
    EXPECT_THAT(vocabulary.tokens(),
                ElementsAre("<", ">", "a", "b", "o", "s", "<unk>", "<bos>", "<eos>"));
    EXPECT_EQ(tokenizer->encode(text, vocabulary), tokenizer->encode(text, learn(*tokenizer, text)))
        << "a text cannot contain special tokens";
    const std::vector<TokenId> ids = {7, 2, 6, 3, 8};
    EXPECT_EQ(tokenizer->decode(ids, vocabulary), "ab");
  }
}

TEST(CharTokenizer, ForeignVocabularyIsRefused) {
  EXPECT_THROW(make("codepoint")->encode("a", Vocabulary({"a"}, {})), Error);
}

TEST(CharTokenizer, DamagedTextIsReadSafely) {
  const auto tokenizer = make("codepoint");
  const Vocabulary vocabulary = learn(*tokenizer, "abc");
  for (const char* text : {"\xF0\x9F", "\xC3", "\xFF\xFE", "\x80\x80", "a\xF7\xBF\xBF\xBF"}) {
    EXPECT_FALSE(tokenizer->encode(text, vocabulary).empty());
    EXPECT_EQ(tokenizer->join(tokenizer->cut(text)), text);
  }
}

// At least 100 MB/s on an idle machine; a tenth of that here, where others may be busy and a
// sanitizer may be at work.
TEST(CharTokenizer, EncodesFast) {
  std::string text;
  while (text.size() < 4'000'000) text += "The quick brown fox jumps over the lazy d\u00F6g.\n";
  const auto tokenizer = make("codepoint");
  const Vocabulary vocabulary = learn(*tokenizer, text);
  const auto begin = std::chrono::steady_clock::now();
  const auto ids = tokenizer->encode(text, vocabulary);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(ids.size(), text.size() / 46 * 45);
  const double speed = static_cast<double>(text.size()) / time.count() / 1e6;
  RecordProperty("megabytes_per_second", std::to_string(speed));
  EXPECT_GT(speed, 10);
}

}  // namespace
}  // namespace unroll
