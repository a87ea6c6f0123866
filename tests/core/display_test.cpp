// What a terminal shows: widths, cutting, control characters.
#include <gmock/gmock.h>

#include <unroll/core/display.hpp>

namespace unroll {
namespace {

TEST(Display, CountsColumns) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("loss 1.5"), 8u);
  EXPECT_EQ(display_width("naïve ±"), 7u);
  EXPECT_EQ(display_width("nai\xCC\x88ve"), 5u);  // i and a combining diaeresis
  EXPECT_EQ(display_width("漢字"), 4u);           // wide
  EXPECT_EQ(display_width("👩‍🚀"), 2u);    // one emoji of three code points
  EXPECT_EQ(display_width("☀\xEF\xB8\x8F"), 2u);  // as a picture
  EXPECT_EQ(display_width("ﾊ"), 1u);              // half width
}

TEST(Display, CutsBetweenGraphemes) {
  EXPECT_EQ(cut_to_width("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to_width("abcdef", 5), "abcd…");
  EXPECT_EQ(cut_to_width("漢字漢字", 6), "漢字…");
  EXPECT_EQ(cut_to_width("漢字漢字", 7), "漢字漢…");
  EXPECT_EQ(cut_to_width("nai\xCC\x88ve", 4), "nai\xCC\x88…");
  EXPECT_EQ(cut_to_width("ab", 1), "…");
  EXPECT_EQ(cut_to_width("ab", 0), "");
}

TEST(Display, PadsByColumns) {
  EXPECT_EQ(padded("漢", 4), "漢  ");
  EXPECT_EQ(padded("漢", 4, true), "  漢");
  EXPECT_EQ(padded("abc", 2), "abc");
}

TEST(Display, ShowsControlCharacters) {
  EXPECT_EQ(printable("a\x1b[31m\tb\nc"), "a\\x1b[31m\tb\nc");
  EXPECT_EQ(printable("\xC2\x9B"), "\\u009b");
  EXPECT_EQ(printable_line("a\tb\nc\x7f"), "a b c\\x7f");
}

}  // namespace
}  // namespace unroll
