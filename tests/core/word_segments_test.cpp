// The short rules for words against ICU, which a character in front forces to be asked: a carriage
// return ends every segment but no line.
#include <gmock/gmock.h>

#include <unroll/core/random.hpp>
#include <unroll/core/unicode.hpp>
#include <unroll/core/word_segments.hpp>
#include <unroll/core/words.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;
using Texts = std::vector<std::string>;

std::string utf8(char32_t point) {
  const auto byte = [](char32_t value) { return static_cast<char>(value); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xC0 | point >> 6), byte(0x80 | (point & 0x3F))};
  if (point < 0x10000)
    return {byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 0x3F)),
            byte(0x80 | (point & 0x3F))};
  return {byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 0x3F)),
          byte(0x80 | (point >> 6 & 0x3F)), byte(0x80 | (point & 0x3F))};
}

Texts segments(std::string_view text, Segment kind = Segment::word) {
  Texts all;
  for_each_segment(text, kind, [&](std::string_view segment) { all.emplace_back(segment); });
  return all;
}

Texts by_icu(std::string_view line, Segment kind = Segment::word) {
  Texts all = segments("\u4E00\r" + std::string(line), kind);
  all.erase(all.begin(), all.begin() + 2);
  return all;
}

TEST(WordSegments, KnowsWhatNeedsDictionariesAndJoinedEmoji) {
  for (const char* plain :
       {"", "plain", "“Ach, naïve Señora!” — 3,14…", "नमस्ते दुनिया", "привет\r\n"})
    EXPECT_TRUE(detail::is_plain(plain)) << plain;
  for (const char* hard :
       {"漢字", "ภาษา", "カナ", "\U0001F468\u200D\U0001F469", "\U0001F1E9\U0001F1EA",
        "\u1100\u1161", "a long line of letters, and then \u05D0\"\u05D0"})
    EXPECT_FALSE(detail::is_plain(hard)) << hard;
}

TEST(WordSegments, EveryPlainCharacterBetweenOthersIsCutAsByIcu) {
  int plain = 0;
  for (char32_t point = 1; point < 0x2E80; ++point) {
    const std::string c = utf8(point);
    if (point == U'\n' || !detail::is_plain(c)) continue;
    ++plain;
    const std::string text =
        "a" + c + "b" + c + "1" + c + "2 " + c + " " + c + c + "_" + c + "'" + c;
    ASSERT_EQ(segments(text), by_icu(text)) << "U+" << std::hex << static_cast<unsigned>(point);
  }
  EXPECT_GT(plain, 7000);
}

TEST(WordSegments, RandomLinesAreCutAsByIcu) {
  const std::vector<std::string> parts = {
      "a",      "Zz",     "1",      "23",     " ",      "  ",     "\t",     "\r",
      "'",      "\u2019", ".",      ",",      ":",      ";",      "_",      "__",
      "-",      "\"",     "(",      "\u0301", "é",      "ß",      "\u00AD", "\u200C",
      "\u2014", "\u00B7", "\u0915", "\u094D", "\u093F", "\u0967", "\u0661", "\u0640",
      "\u00A0", "\u2028", "\u0085", "\u00A9", "@",      "\u3042", "\u0E01"};
  RandomStream random(1, "lines");
  for (int round = 0; round < 20000; ++round) {
    std::string line;
    for (std::uint64_t i = 1 + random.below(12); i > 0; --i)
      line += parts[random.below(parts.size())];
    ASSERT_EQ(segments(line), by_icu(line)) << testing::PrintToString(line);
    ASSERT_EQ(segments(line, Segment::grapheme), by_icu(line, Segment::grapheme))
        << testing::PrintToString(line);
  }
}

TEST(WordSegments, PlainLinesAndOthersAlternate) {
  EXPECT_THAT(
      segments("one two\n漢字 a\r\n\n\u0301x\n"),
      ElementsAre("one", " ", "two", "\n", "漢字", " ", "a", "\r\n", "\n", "\u0301", "x", "\n"));
  EXPECT_THAT(segments("ab\r\né\n", Segment::grapheme), ElementsAre("a", "b", "\r\n", "é", "\n"));
}

TEST(WordSegments, WordsComeOneByOneAsInAList) {
  const std::string text = "\"Don't!\" -- she _said_ ... (twice)\n\n10:30 “ok”\r\nend -";
  for (const LineBreaks breaks : {LineBreaks::token, LineBreaks::space, LineBreaks::paragraph}) {
    Texts streamed;
    for_each_word(text, breaks, [&](std::string_view token) { streamed.emplace_back(token); });
    EXPECT_EQ(streamed, cut_words(text, breaks));
  }
  EXPECT_THAT(cut_words("\"No\" - he_ said.", LineBreaks::token),
              ElementsAre(" \"", "No", "\"", " - ", "he", "_", "said", "."));
}

}  // namespace
}  // namespace unroll
