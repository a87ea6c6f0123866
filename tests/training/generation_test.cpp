#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include <training/fakes.hpp>
#include <unroll/core/error.hpp>
#include <unroll/training/generation.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;
using testing_room::Likeliest;
using testing_room::Summing;

class Generation : public testing::Test {
 protected:
  Model model = testing_room::summing_model(6);
  Summing& summing = static_cast<Summing&>(*model.architecture);
  Likeliest likeliest;
  RandomStream random{1, "test"};
};

TEST_F(Generation, FeedsEachTokenOfThePromptOnceAndCarriesTheState) {
  Generator generator(model);
  const Generated text = generator.generate("ab", 3, likeliest, random);
  // a=1, b=2: the sum is 3 -> c; 6 -> f; 12 % 7 = 5 -> e.
  EXPECT_EQ(text.text, "cfe");
  EXPECT_EQ(text.tokens, 3);
  EXPECT_EQ(text.unknown, 0);
  EXPECT_THAT(summing.fed, ElementsAre(1, 2, 3, 6, 5));
}

TEST_F(Generation, TellsHowLittleTheModelExpectedItsText) {
  Generator generator(model);
  // Six letters may be written, the expected one with logit 1: the text as above follows the sum.
  const double expected = std::log(5 + std::exp(1.0)) - 1;
  EXPECT_NEAR(generator.generate("ab", 3, likeliest, random).nats, 3 * expected, 1e-6);
  class Second final : public Sampler {  // b, whatever the model says
   public:
    TokenId choose(std::span<const float>, RandomStream&) override { return 2; }
  } second;
  EXPECT_NEAR(generator.generate("ab", 1, second, random).nats, expected + 1, 1e-6);
}

TEST_F(Generation, BeginsAnewForEachText) {
  Generator generator(model);
  const std::string first = generator.generate("ab", 5, likeliest, random).text;
  EXPECT_EQ(generator.generate("ab", 5, likeliest, random).text, first);
}

TEST_F(Generation, NeverWritesTheUnknownToken) {
  Generator generator(model);
  // The sum is 7: unknown would be the likeliest.
  const Generated text = generator.generate("af", 1, likeliest, random);
  EXPECT_EQ(text.text, "a");
}

TEST_F(Generation, ReportsPromptTokensThatTheVocabularyLacks) {
  Generator generator(model);
  const Generated text = generator.generate("a!?b", 1, likeliest, random);
  EXPECT_EQ(text.unknown, 2);
  EXPECT_EQ(text.text, "c");
}

TEST_F(Generation, AnEmptyPromptStillWrites) {
  Generator generator(model);
  EXPECT_EQ(generator.generate("", 4, likeliest, random).tokens, 4);
}

TEST_F(Generation, StreamsItsTextAndEndsWhenTold) {
  Generator generator(model);
  std::string streamed;
  const Generated text =
      generator.generate("ab", 100, likeliest, random, [&](std::string_view piece) {
        streamed += piece;
        return streamed.size() < 2;
      });
  EXPECT_EQ(streamed, "cf");
  EXPECT_EQ(text.text, "cf");
  EXPECT_EQ(text.tokens, 2);
}

TEST_F(Generation, AConversationGoesOnFromItsState) {
  Generator generator(model);
  generator.read("a");
  generator.read("b");
  EXPECT_EQ(generator.write(2, likeliest, random).text, "cf");
  EXPECT_EQ(generator.write(1, likeliest, random).text, "e");
}

/// A word a letter, with spaces between them.
class Spaced final : public Tokenizer {
 public:
  std::vector<std::string> cut(std::string_view text) const override {
    std::vector<std::string> tokens;
    for (const char letter : text)
      if (letter != ' ') tokens.emplace_back(1, letter);
    return tokens;
  }
  std::string join(std::span<const std::string> tokens) const override {
    std::string text;
    for (const std::string& token : tokens) text += text.empty() ? token : " " + token;
    return text;
  }
  bool lossless() const override { return false; }
  Vocabulary learn(std::span<const std::string_view>, SpecialTokens) const override { return {}; }
};

TEST_F(Generation, PutsSpacesBetweenWords) {
  model.text_tokenizer = std::make_unique<Spaced>();
  Generator generator(model);
  std::string streamed;
  const auto on_text = [&](std::string_view piece) {
    streamed += piece;
    return true;
  };
  EXPECT_EQ(generator.generate("a b", 3, likeliest, random, on_text).text, " c f e");
  EXPECT_EQ(streamed, " c f e") << "piece by piece as in one";
  EXPECT_EQ(generator.generate("a b ", 3, likeliest, random).text, "c f e")
      << "the prompt brought its space";
  const Generated text = generator.generate("a b", 200, likeliest, random);
  EXPECT_EQ(text.text.size(), 400U) << "whatever the stream remembers";
}

class Forbidden final : public Sampler {
 public:
  TokenId choose(std::span<const float>, RandomStream&) override { return 0; }
};

TEST_F(Generation, RefusesASamplerThatBreaksItsContract) {
  Generator generator(model);
  Forbidden forbidden;
  EXPECT_THROW(generator.generate("a", 1, forbidden, random), Error);
}

}  // namespace
}  // namespace unroll
