#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/metrics/agreement.hpp>
#include <unroll/metrics/edit_distance.hpp>

namespace unroll::metrics {
namespace {

using Texts = std::vector<std::string>;

TEST(Agreement, ExactMatch) {
  const Texts references{"2020-01-02", "2021-11-30", "", "naïve"};
  EXPECT_EQ(exact_match(Texts{"2020-01-02", "2021-11-3", "", "naïve"}, references), 0.75);
  EXPECT_EQ(exact_match(std::vector<Symbols>{{1, 2}, {3}}, std::vector<Symbols>{{1, 2}, {3, 4}}),
            0.5);
  EXPECT_EQ(exact_match(Texts{}, Texts{}), 0);
  EXPECT_THROW(exact_match(Texts{"a"}, references), Error);
}

TEST(Agreement, TokenAccuracyCountsEveryPositionOfTheLonger) {
  const std::vector<Symbols> references{{1, 2, 3, 4}, {5, 6}};
  EXPECT_EQ(token_accuracy(references, references), 1);
  EXPECT_EQ(token_accuracy(std::vector<Symbols>{{1, 9, 3, 4}, {5, 6}}, references), 5.0 / 6);
  EXPECT_EQ(token_accuracy(std::vector<Symbols>{{1, 2}, {5, 6}}, references), 4.0 / 6);
  EXPECT_EQ(token_accuracy(std::vector<Symbols>{{1, 2, 3, 4}, {5, 6, 7, 8}}, references), 6.0 / 8);
  EXPECT_EQ(token_accuracy(std::vector<Symbols>{{}}, std::vector<Symbols>{{}}), 0);
}

std::int64_t distance(const std::string& a, const std::string& b) {
  return edit_distance(characters(a), characters(b));
}

TEST(EditDistance, KnownPairs) {
  EXPECT_EQ(distance("kitten", "sitting"), 3);
  EXPECT_EQ(distance("saturday", "sunday"), 3);
  EXPECT_EQ(distance("", "abc"), 3);
  EXPECT_EQ(distance("abc", ""), 3);
  EXPECT_EQ(distance("", ""), 0);
  EXPECT_EQ(distance("ab", "ba"), 2);
  EXPECT_EQ(distance("für", "fur"), 1);  // code points, not bytes
  EXPECT_EQ(distance("图书馆", "图画馆"), 1);
}

/// Straight from the definition: by the last symbols of both.
std::int64_t by_recursion(std::span<const Symbol> a, std::span<const Symbol> b) {
  if (a.empty() || b.empty()) return static_cast<std::int64_t>(a.size() + b.size());
  const auto shorter_a = a.first(a.size() - 1), shorter_b = b.first(b.size() - 1);
  return std::min({by_recursion(shorter_a, b) + 1, by_recursion(a, shorter_b) + 1,
                   by_recursion(shorter_a, shorter_b) + (a.back() == b.back() ? 0 : 1)});
}

TEST(EditDistance, IsTheRecursionsOnAllShortTexts) {
  std::vector<Symbols> texts{{}};
  for (std::size_t i = 0; texts[i].size() < 4; ++i)
    for (const Symbol symbol : {0, 1, 2}) {
      texts.push_back(texts[i]);
      texts.back().push_back(symbol);
    }
  std::size_t compared = 0;
  for (std::size_t i = 0; i < texts.size(); i += 3)
    for (const Symbols& b : texts) {
      ASSERT_EQ(edit_distance(texts[i], b), by_recursion(texts[i], b));
      ++compared;
    }
  EXPECT_GT(compared, 4000U);
}

TEST(EditDistance, ErrorRatesAreOfTheWholeCorpus) {
  const Texts references{"the cat sat", "on"}, hypotheses{"the cat sat down", "in"};
  const Edits words = word_edits(hypotheses, references);
  EXPECT_EQ(words.distance, 2);
  EXPECT_EQ(words.reference_length, 4);
  EXPECT_EQ(words.error_rate(), 0.5);
  EXPECT_EQ(character_edits(hypotheses, references).error_rate(), 6.0 / 13);
  // Phones: one missing, one replaced, of seven.
  const std::vector<Symbols> said{{1, 2, 3}, {4, 5, 6, 7}}, heard{{1, 3}, {4, 5, 6, 9}};
  EXPECT_EQ(edits(heard, said).error_rate(), 2.0 / 7);
  EXPECT_EQ(edits(said, said).error_rate(), 0);
}

TEST(EditDistance, ErrorRateOfEmptyReferences) {
  EXPECT_EQ(character_edits(Texts{""}, Texts{""}).error_rate(), 0);
  EXPECT_TRUE(std::isinf(character_edits(Texts{"a"}, Texts{""}).error_rate()));
}

}  // namespace
}  // namespace unroll::metrics
