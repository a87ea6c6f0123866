#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include <unroll/training/beam_search.hpp>

#include "small_run.hpp"

namespace unroll {
namespace {

using testing_room::registry;

/// A table of next-token probabilities for every text so far; two sequences differ in their names.
/// Tokens: 0 a, 1 b, 2 <unk>, 3 <bos>, 4 <eos>.
class Table final : public Decoder {
 public:
  void reset() override {}
  std::span<const float> next(std::span<const TokenId> tokens) override {
    logits_.clear();
    for (std::size_t n = 0; n < texts_.size(); ++n) {
      if (tokens[n] != 3) texts_[n] += static_cast<char>('a' + tokens[n]);
      for (const double p : probabilities(texts_[n]))
        logits_.push_back(static_cast<float>(p > 0 ? std::log(p) : -INFINITY));
    }
    return logits_;
  }
  void reorder(std::span<const std::int32_t> from) override {
    std::vector<std::string> texts;
    for (const std::int32_t lane : from) texts.push_back(texts_[static_cast<std::size_t>(lane)]);
    texts_ = texts;
  }
  /// a, b, unk, bos, eos: "a" looks better at first, but "bb" is the likeliest whole text. The
  /// unknown token is the likeliest of all and must not be written.
  static std::vector<double> probabilities(const std::string& text) {
    static const std::map<std::string, std::vector<double>> all = {
        {"", {0.5, 0.4, 3, 0, 0.1}}, {"a", {0.3, 0.3, 3, 0, 0.4}}, {"b", {0, 0.95, 3, 0, 0.05}},
        {"bb", {0, 0, 0, 0, 1}},     {"X", {0.3, 0.3, 0, 0, 0.4}}, {"Xa", {1, 0, 0, 0, 0}},
        {"Xaa", {1, 0, 0, 0, 0}},    {"Xaaa", {1, 0, 0, 0, 0}},    {"Xaaaa", {1, 0, 0, 0, 0}}};
    const auto found = all.find(text);
    return found == all.end() ? std::vector<double>{0, 0, 0, 0, 1} : found->second;
  }

 private:
  std::vector<std::string> texts_ = {"", "X"};
  std::vector<float> logits_;
};

std::vector<std::vector<TokenId>> search(const std::string& width, const std::string& alpha) {
  const auto sampler = registry().make_sampler(
      {"beam",
       Node::map({{"width", {}, Node::scalar(width)}, {"alpha", {}, Node::scalar(alpha)}}),
       {}});
  Table table;
  const Vocabulary vocabulary = Vocabulary::with_special({"a", "b"}, {true, true});
  return beam_search(table, 2, vocabulary, *sampler, 10);
}

TEST(BeamSearch, FindsTheLikeliestWholeText) {
  const auto texts = search("2", "0");
  EXPECT_EQ(texts[0], (std::vector<TokenId>{1, 1}));  // 0.38 against 0.2 of "a"
  EXPECT_TRUE(texts[1].empty());
}

// After its first step X has ended with log 0.4, and what lives, log 0.3, would be worth less if it
// ended next; yet it ends five tokens later, where length makes up for more.
TEST(BeamSearch, GoesOnAsLongAsALongerTextMayWin) {
  EXPECT_EQ(search("2", "1")[1], (std::vector<TokenId>{0, 0, 0, 0, 0}));
}

TEST(BeamSearch, OfWidthOneIsGreedy) {
  EXPECT_EQ(search("1", "0")[0], (std::vector<TokenId>{0}));  // a, then the end
}

}  // namespace
}  // namespace unroll
