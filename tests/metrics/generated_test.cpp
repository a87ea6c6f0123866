#include <gmock/gmock.h>

#include <random>

#include <unroll/metrics/cycle.hpp>
#include <unroll/metrics/diversity.hpp>
#include <unroll/metrics/known_words.hpp>
#include <unroll/metrics/rouge.hpp>
#include <unroll/metrics/text_figures.hpp>

namespace unroll::metrics {
namespace {

using Texts = std::vector<std::string>;

TEST(Diversity, DistinctN) {
  EXPECT_EQ(distinct_n(Symbols{1, 2, 3, 4}, 2), 1);
  EXPECT_EQ(distinct_n(Symbols{1, 2, 1, 2, 1}, 1), 0.4);
  EXPECT_EQ(distinct_n(Symbols{1, 2, 1, 2, 1}, 2), 0.5);
  EXPECT_EQ(distinct_n(Symbols{1}, 2), 0);
  // (1 2), (2 3), (1 2): that 2 1 would join two texts does not count.
  EXPECT_EQ(distinct_n(std::vector<Symbols>{{1, 2, 3}, {1, 2}}, 2), 2.0 / 3);
}

TEST(Diversity, RepetitionIsTheShareSeenBefore) {
  EXPECT_EQ(repetition(Symbols{1, 2, 3, 4, 5}, 4), 0);
  EXPECT_EQ(repetition(Symbols{1, 2, 1, 2, 1, 2}, 2), 3.0 / 5);
  EXPECT_EQ(repetition(Symbols{1, 2, 3}, 4), 0);
}

TEST(Diversity, SelfBleu) {
  EXPECT_DOUBLE_EQ(self_bleu(Texts{"a b c d e", "a b c d e", "f g h i"}), 200.0 / 3);
  EXPECT_EQ(self_bleu(Texts{"a b c d", "e f g h"}), 0);
  EXPECT_EQ(self_bleu(Texts{"a b c d"}), 0);
}

std::optional<Cycle> cycle_of(const std::string& text) {
  return find_cycle(characters(text));
}

TEST(Cycles, PeriodAndBeginning) {
  EXPECT_EQ(cycle_of("it was the same, the same, the same, the same"), (Cycle{6, 10}));
  EXPECT_EQ(cycle_of("aaaaaaaaaaaaaaaaaaaaaa"), (Cycle{0, 1}));
  // The great round, not the small one it ends in.
  EXPECT_EQ(cycle_of("and so haaaaaaaaaaaaaaaaaaa haaaaaaaaaaaaaaaaaaa"), (Cycle{6, 21}));
  EXPECT_EQ(cycle_of("über süß, süß, süß, süß, süß,"), (Cycle{4, 5}));
}

TEST(Cycles, WhatIsNone) {
  EXPECT_EQ(cycle_of(""), std::nullopt);
  EXPECT_EQ(cycle_of("and so it goes on and on..."), std::nullopt);
  EXPECT_EQ(cycle_of("one round and then half a round, one round and then"), std::nullopt);
  EXPECT_EQ(cycle_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa but then it ends"), std::nullopt);
}

TEST(Cycles, AreThoseOfTheDefinition) {
  std::mt19937 random(1);
  int with = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    Symbols text(random() % 24);
    for (Symbol& symbol : text) symbol = static_cast<Symbol>(random() % 2);
    const auto size = static_cast<std::int64_t>(text.size());
    const std::int64_t least = 1 + trial % 5;
    std::optional<Cycle> expected;
    for (std::int64_t begin = 0; begin < size && !expected; ++begin)
      for (std::int64_t period = 1; begin + 2 * period <= size && !expected; ++period) {
        const auto repeats =
            std::equal(text.begin() + begin, text.end() - period, text.begin() + begin + period);
        if (repeats && size - begin - period >= least) expected = Cycle{begin, period};
      }
    ASSERT_EQ(find_cycle(text, least), expected) << trial;
    with += expected ? 1 : 0;
  }
  EXPECT_GT(with, 500);
  EXPECT_LT(with, 2900);
}

TEST(TextFigures, AreOfWordsAndTheCycleOfCharacters) {
  const TextFigures figures =
      text_figures("so it was the same,\nand the same, and the same, and the");
  EXPECT_EQ(figures.distinct_1, 6.0 / 13);  // so it was the same, and
  EXPECT_EQ(figures.distinct_2, 6.0 / 12);
  EXPECT_EQ(figures.repetition, 4.0 / 10);
  EXPECT_EQ(figures.cycle, (Cycle{20, 14}));
  EXPECT_EQ(text_figures("").cycle, std::nullopt);
  EXPECT_EQ(text_figures("").distinct_1, 0);
}

TEST(KnownWords, AreThoseOfTheTextsWithoutRegardToCase) {
  KnownWords known;
  known.add("The mouse's tale.");
  known.add("Die Straße, ein Wort: नमस्ते");
  EXPECT_EQ(known.share(" the MOUSE'S tail, the STRASSE."), 4.0 / 5);
  EXPECT_EQ(known.share("-- नमस्ते; नमस --"), 1.0 / 2);
  EXPECT_EQ(known.share("xx the tale yy"), 1.0) << "the ends may be parts of words";
  EXPECT_EQ(known.share("the"), std::nullopt);
  EXPECT_EQ(known.share(" ... "), std::nullopt);
  EXPECT_EQ(known.share(""), std::nullopt);
}

TEST(Rouge, LongestCommonSubsequence) {
  const auto length = [](const char* a, const char* b) {
    return longest_common_subsequence(characters(a), characters(b));
  };
  EXPECT_EQ(length("ABCBDAB", "BDCABA"), 4);
  EXPECT_EQ(length("abc", "def"), 0);
  EXPECT_EQ(length("", "abc"), 0);
}

// Lin's own example: 3 of 4 words in order, then 2.
TEST(Rouge, L) {
  const Texts reference{"police killed the gunman"};
  EXPECT_DOUBLE_EQ(rouge_l(Texts{"police kill the gunman"}, reference), 0.75);
  EXPECT_DOUBLE_EQ(rouge_l(Texts{"the gunman kill police"}, reference), 0.5);
  EXPECT_DOUBLE_EQ(rouge_l(Texts{"a b", ""}, Texts{"a c b", ""}), 0.4);
}

}  // namespace
}  // namespace unroll::metrics
