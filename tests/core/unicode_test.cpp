#include <gmock/gmock.h>

#include <unroll/core/unicode.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;

std::vector<std::string> segments(std::string_view text, Segment kind) {
  std::vector<std::string> all;
  for_each_segment(text, kind, [&](std::string_view segment) { all.emplace_back(segment); });
  return all;
}

TEST(Unicode, SegmentsAreTheWholeText) {
  EXPECT_THAT(segments("", Segment::word), ElementsAre());
  EXPECT_THAT(segments("don't  go.\r\n", Segment::word),
              ElementsAre("don't", "  ", "go", ".", "\r\n"));
  EXPECT_THAT(segments("e\u0301\U0001F1E9\U0001F1EA", Segment::grapheme),
              ElementsAre("e\u0301", "\U0001F1E9\U0001F1EA"));
  EXPECT_THAT(segments("क्षि", Segment::grapheme), testing::SizeIs(testing::Ge(1)));
}

TEST(Unicode, FoldsCase) {
  EXPECT_EQ(fold_case("Straße ΣΊΣΥΦΟΣ Ⅷ Ǆ ﬃ"), "strasse σίσυφοσ ⅷ ǆ ffi");
  EXPECT_EQ(fold_case(""), "");
}

TEST(Unicode, Normalises) {
  EXPECT_EQ(normalise("e\u0301", NormalForm::nfc), "\u00E9");
  EXPECT_EQ(normalise("\uFF21\uFB01", NormalForm::nfc), "\uFF21\uFB01");
  EXPECT_EQ(normalise("\uFF21\uFB01", NormalForm::nfkc), "Afi");
  EXPECT_EQ(normalise("", NormalForm::nfkc), "");
}

TEST(Unicode, KnowsKindsOfCharacters) {
  const std::pair<char32_t, CharacterKind> kinds[] = {
      {U'a', CharacterKind::letter},
      {U'ñ', CharacterKind::letter},
      {U'ज', CharacterKind::letter},
      {U'한', CharacterKind::letter},
      {U'中', CharacterKind::ideograph},
      {U'ー', CharacterKind::ideograph},
      {U'。', CharacterKind::wide_mark},
      {U'，', CharacterKind::wide_mark},
      {U'ท', CharacterKind::unspaced},
      {U'ခ', CharacterKind::unspaced},
      {U'7', CharacterKind::digit},
      {U'७', CharacterKind::digit},
      {U'\u0301', CharacterKind::mark},
      {U'(', CharacterKind::opening},
      {U'„', CharacterKind::opening},
      {U'”', CharacterKind::closing},
      {U'—', CharacterKind::dash},
      {U'_', CharacterKind::connector},
      {U'।', CharacterKind::punctuation},
      {U'"', CharacterKind::punctuation},
      {U'₹', CharacterKind::currency},
      {U'+', CharacterKind::symbol},
      {U'\u00A0', CharacterKind::space},
      {U'\u3000', CharacterKind::space},
      {U'\n', CharacterKind::line_break},
      {U'\u2028', CharacterKind::line_break},
      {U'\U0001F600', CharacterKind::symbol},
      {char32_t{0x10FFFF}, CharacterKind::symbol},
  };
  for (const auto& [point, kind] : kinds)
    EXPECT_EQ(kind_of(point), kind) << std::hex << static_cast<std::uint32_t>(point);
}

TEST(Unicode, ReadsCodePointsSafely) {
  std::size_t at = 0;
  const std::string text = "a\u00E9\u4E2D\U0001F600";
  for (const char32_t expected : {U'a', U'\u00E9', U'\u4E2D', U'\U0001F600'})
    EXPECT_EQ(next_code_point(text, at), expected);
  EXPECT_EQ(at, text.size());
  for (const std::string damaged : {"\xF0", "\xF7\xBF\xBF\xBF", "\x80"}) {
    std::size_t end = 0;
    EXPECT_LE(next_code_point(damaged, end), char32_t{0x10FFFF});
    EXPECT_LE(end, damaged.size());
  }
}

}  // namespace
}  // namespace unroll
