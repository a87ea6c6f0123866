#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include <training/fakes.hpp>
#include <unroll/core/error.hpp>
#include <unroll/model/candidates.hpp>
#include <unroll/training/decoded_figures.hpp>
#include <unroll/training/side_by_side.hpp>

namespace unroll {
namespace {

/// Draws, and never the letter that it drew before.
class Restless final : public Sampler {
 public:
  void begin() override { last_ = -1; }
  TokenId choose(std::span<const float> logits, RandomStream& random) override {
    do {
      weigh(logits, 1, candidates_);
    } while (draw(candidates_, random).id == last_);
    return last_ = candidates_[static_cast<std::size_t>(random.below(candidates_.size()))].id;
  }

 private:
  TokenId last_ = -1;
  std::vector<Candidate> candidates_;
};

RandomStream stream(std::size_t number) {
  return {3, "text " + std::to_string(number)};
}

std::vector<TextChoice> choices(std::size_t count) {
  std::vector<TextChoice> texts;
  for (std::size_t n = 0; n < count; ++n)
    texts.push_back({std::make_unique<Restless>(), stream(n)});
  return texts;
}

TEST(SideBySide, TextsAreThoseWrittenAlone) {
  const Model model = testing_room::summing_model(6);
  for (const char* prompt : {"", "ab", "a!b"}) {
    const std::vector<Generated> together = generate_side_by_side(model, prompt, 30, choices(5));
    ASSERT_EQ(together.size(), 5U);
    for (std::size_t n = 0; n < together.size(); ++n) {
      Restless sampler;
      RandomStream random = stream(n);
      const Generated alone = Generator(model).generate(prompt, 30, sampler, random);
      EXPECT_EQ(together[n].text, alone.text) << prompt << ' ' << n;
      EXPECT_EQ(together[n].tokens, 30);
      EXPECT_EQ(together[n].unknown, alone.unknown);
      EXPECT_NEAR(together[n].nats, alone.nats, 1e-9);
      EXPECT_GT(together[n].seconds, 0);
    }
    EXPECT_NE(together[0].text, together[1].text);
  }
}

TEST(SideBySide, EachTextEndsWhereTheModelEndsIt) {
  Model model = testing_room::summing_model(6);
  Vocabulary::Special special;
  special.unknown = 0;
  special.end = 6;  // f
  model.domain->text = Vocabulary(model.domain->text.tokens(), special);
  std::vector<std::size_t> lengths;
  for (const Generated& text : generate_side_by_side(model, "ab", 200, choices(6))) {
    EXPECT_EQ(text.text.find('f'), std::string::npos);
    EXPECT_EQ(static_cast<std::size_t>(text.tokens), text.text.size());
    lengths.push_back(text.text.size());
  }
  EXPECT_LT(*std::ranges::max_element(lengths), 200U);
  EXPECT_NE(*std::ranges::min_element(lengths), *std::ranges::max_element(lengths));
}

TEST(SideBySide, StopsWhenTold) {
  const Model model = testing_room::summing_model(6);
  const StopFlag stop = 1;
  for (const Generated& text : generate_side_by_side(model, "ab", 9, choices(2), {}, &stop))
    EXPECT_EQ(text.tokens, 0);
}

TEST(SideBySide, WeightsOfFewerBitsAreRefusedWhereThereAreNone) {
  const Model model = testing_room::summing_model(6);
  EXPECT_THROW(generate_side_by_side(model, "ab", 9, choices(2), WeightFormat::bf16), Error);
  EXPECT_THROW(Generator(model, WeightFormat::int8), Error);
}

TEST(DecodedFigures, AreThoseOfTheTextsOneByOne) {
  const Model model = testing_room::summing_model(6);
  Encoded split;
  split.text.texts = {{1, 2, 3, 6}, {4}, {}, {5, 5, 3}, {2, 2}};
  split.text.characters = 6;
  // The sums 1 and 3 and 6, 5 and 10, 2: what is likeliest has logit 1, the other six 0.
  const double total = std::log(6 + std::exp(1.0));
  // It is right of 3, 6; 5, 3; 2, and only 2 after 1 comes otherwise.
  const Figures figures = decoded_figures(model, split, WeightFormat::f32);
  EXPECT_EQ(figures.counted, 6);
  EXPECT_EQ(figures.correct, 5);
  EXPECT_NEAR(figures.total, 6 * total - 5, 1e-5);
  EXPECT_EQ(figures.characters, 6);
}

}  // namespace
}  // namespace unroll
