#include <gmock/gmock.h>

#include <unroll/metrics/ngrams.hpp>
#include <unroll/metrics/symbols.hpp>

namespace unroll::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Symbols, CharactersAreCodePoints) {
  EXPECT_THAT(characters("aß😀"), ElementsAre('a', 0xdf, 0x1f600));
  EXPECT_THAT(characters(""), IsEmpty());
  const Symbols broken = characters("a\xff\xfe");
  ASSERT_EQ(broken.size(), 3U);
  EXPECT_LT(broken[1], 0);
  EXPECT_NE(broken[1], broken[2]);
}

TEST(Symbols, WordsStandBetweenWhiteSpace) {
  EXPECT_THAT(words(" one\ttwo\n\nthree\u00a0four\u3000"),
              ElementsAre("one", "two", "three", "four"));
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(words(" \n"), IsEmpty());
  EXPECT_THAT(words("\xffy b\xc3"), ElementsAre("\xffy", "b\xc3"));
}

TEST(Symbols, LowerCaseOfAnyScript) {
  EXPECT_EQ(lower("ÄPFEL Straße ΟΔΥΣΣΕΥΣ ЖУК 图"), "äpfel straße οδυσσευς жук 图");
}

TEST(Symbols, EqualWordsHaveEqualNumbers) {
  WordNumbers numbers;
  EXPECT_THAT(numbers(words("to be or not to be")), ElementsAre(0, 1, 2, 3, 0, 1));
  EXPECT_EQ(numbers("not"), 3);
}

TEST(Ngrams, AreAMultiset) {
  const Symbols a{1, 2, 1, 2, 1}, b{2, 1, 2, 3};
  EXPECT_EQ(ngrams(a, 2).size(), 4U);
  EXPECT_EQ(distinct(ngrams(a, 2)), 2);
  EXPECT_EQ(distinct(ngrams(a, 1)), 2);
  EXPECT_EQ(common(ngrams(a, 1), ngrams(b, 1)), 3);          // 1 once, 2 twice
  EXPECT_EQ(common(ngrams(a, 2), ngrams(b, 2)), 2);          // 12, 21
  EXPECT_EQ(united(ngrams(a, 1), ngrams(b, 1)).size(), 6U);  // 1 thrice, 2 twice, 3
  EXPECT_THAT(ngrams(a, 6), IsEmpty());
  EXPECT_THAT(ngrams(Symbols{}, 1), IsEmpty());
}

}  // namespace
}  // namespace unroll::metrics
