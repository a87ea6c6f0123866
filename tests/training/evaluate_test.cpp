#include <gtest/gtest.h>

#include <numbers>

#include <training/fakes.hpp>
#include <unroll/training/evaluate.hpp>

namespace unroll {
namespace {

using testing_room::Letters;
using testing_room::Summing;
using testing_room::summing_model;

TokenText some_text(std::size_t length, TokenId step) {
  TokenText text;
  for (std::size_t i = 0; i < length; ++i)
    text.push_back(static_cast<TokenId>((i * i + i / 3) * static_cast<std::size_t>(step) % 7));
  return text;
}

/// The same, token by token.
Figures by_hand(const Summing& model, const std::vector<TokenText>& texts) {
  Figures figures;
  for (const TokenText& text : texts) {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      sum += text[i];
      figures.total += model.nats(sum, text[i + 1]);
      figures.counted += 1;
      figures.correct += sum % 7 == text[i + 1] ? 1 : 0;
    }
  }
  return figures;
}

TEST(Evaluate, CarriesTheStateFromZeroToTheEndOfEachText) {
  const Model model = summing_model(6);
  Encoded split;
  for (std::size_t i = 0; i < 300; ++i)  // more than run side by side
    split.text.texts.push_back(some_text(1 + i * 7 % 97, static_cast<TokenId>(i % 5)));
  split.text.texts.push_back(some_text(3001, 3));
  split.examples.resize(split.text.texts.size());
  const Figures expected = by_hand(Summing(7), split.text.texts);
  const Figures figures = evaluate(model, split).figures;
  EXPECT_NEAR(figures.total, expected.total, 1e-6);
  EXPECT_EQ(figures.counted, expected.counted);
  EXPECT_EQ(figures.correct, expected.correct);
}

TEST(Evaluate, StopsWhenAsked) {
  Encoded split;
  split.text.texts.push_back(some_text(50, 1));
  split.examples.resize(1);
  const StopFlag stop = 1;
  EXPECT_EQ(evaluate(summing_model(6), split, 1, &stop).figures.counted, 0);
}

TEST(Figures, AreRatesOfTheSums) {
  const Figures figures{200 * std::numbers::ln2, 100, 25, 400};
  EXPECT_DOUBLE_EQ(figures.loss(), 2 * std::numbers::ln2);
  EXPECT_DOUBLE_EQ(figures.perplexity(), 4);
  EXPECT_DOUBLE_EQ(figures.bits_per_character(), 0.5);
  EXPECT_DOUBLE_EQ(figures.accuracy(), 0.25);
  EXPECT_EQ(Figures{}.loss(), 0);
}

TEST(Encode, CountsCodePointsAfterTheFirstTokenAndUnknownOnes) {
  Vocabulary::Special special;
  special.unknown = 0;
  const Vocabulary vocabulary({"?", "a", "b"}, special);
  const TokenTexts texts = encode_texts({"abz", "\xC3\xA4 b", ""}, Letters{}, vocabulary, false);
  ASSERT_EQ(texts.texts.size(), 3U);
  EXPECT_EQ(texts.texts[0], (TokenText{1, 2, 0}));
  EXPECT_EQ(texts.unknown, 4);  // z, the two bytes of ä, the space
  EXPECT_EQ(texts.characters, 2 + 2);
}

}  // namespace
}  // namespace unroll
