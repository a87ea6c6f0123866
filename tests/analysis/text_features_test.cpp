#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include <unroll/analysis/text_features.hpp>

namespace unroll {
namespace {

std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> pieces;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80)
      pieces.back() += c;
    else
      pieces.emplace_back(1, c);
  }
  return pieces;
}

/// A feature of every token as digits, "0011…"; counts above 9 are 9.
std::string of(const std::string& name, const std::vector<std::string>& pieces) {
  const auto& names = text_feature_names();
  const auto k = static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  EXPECT_LT(k, names.size()) << name;
  const std::vector<float> values = text_features(pieces);
  EXPECT_EQ(values.size(), names.size() * pieces.size());
  std::string digits;
  for (std::size_t i = k; i < values.size(); i += names.size())
    digits += static_cast<char>('0' + std::min(static_cast<int>(values[i]), 9));
  return digits;
}

std::string of(const std::string& name, std::string_view text) {
  return of(name, characters(text));
}

TEST(TextFeatures, QuotationMarks) {
  //                                          a "b" c
  EXPECT_EQ(of("inside quotation marks", "a \"b\" c"), "0011000");
  EXPECT_EQ(of("inside quotation marks", "“b” «c» d"), "110011000");
  EXPECT_EQ(of("inside quotation marks", "a 'b c' d"), "001111000");
  EXPECT_EQ(of("inside quotation marks", "it's dogs' ‘b’"), "00000000000110");
  EXPECT_EQ(of("inside quotation marks", "\"a\n\nb"),
            "1110"
            "0")
      << "a paragraph ends what was left open";
}

TEST(TextFeatures, Brackets) {
  EXPECT_EQ(of("inside brackets", "a(b[c])d)"), "011111000");
  EXPECT_EQ(of("inside a tag", "a <b> c < d </e>"), "0011000000001110");
}

TEST(TextFeatures, Places) {
  EXPECT_EQ(of("place in line", "ab\nc\n\nd"), "1201001");
  EXPECT_EQ(of("place in word", "ab c1 -d"), "12012001");
  EXPECT_EQ(of("place in sentence", "ab. c"), "12012");
  EXPECT_EQ(of("place in paragraph", "a\nb\n\nc"), "123401");
  EXPECT_EQ(of("place in text", "a\nb"), "123");
  EXPECT_EQ(of("indentation of line", "  a b\nc"), "1222200");
}

TEST(TextFeatures, KindsOfCharacters) {
  EXPECT_EQ(of("a space", "a \n"), "011");
  EXPECT_EQ(of("a line break", "a \n"), "001");
  EXPECT_EQ(of("a capital letter", "aBÄäßDž"), "0110010");
  EXPECT_EQ(of("a word in capitals", "A NATO b"), "00011100");
  EXPECT_EQ(of("a vowel", "abE"), "101");
  EXPECT_EQ(of("a digit", "a1२"), "011");
  EXPECT_EQ(of("punctuation", "a,(-b"), "01110");
}

TEST(TextFeatures, OfWordsAreWhatIsTrueAfterThem) {
  const std::vector<std::string> words = {"\"Yes", ",\"", " said", " Alice", " (", "twice", ")."};
  EXPECT_EQ(of("inside quotation marks", words), "1000000");
  EXPECT_EQ(of("inside brackets", words), "0000110");
  EXPECT_EQ(of("a capital letter", words), "1001000");
  EXPECT_EQ(of("place in word", words), "3045050");
  EXPECT_TRUE(text_features({}).empty());
}

}  // namespace
}  // namespace unroll
