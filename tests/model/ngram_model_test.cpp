#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <numeric>
#include <random>
#include <set>
#include <sstream>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/model/ngram_model.hpp>

namespace unroll {
namespace {

/// Letters from A on stand for tokens.
std::vector<TokenId> ids(const std::string& text) {
  std::vector<TokenId> tokens;
  for (const char letter : text) tokens.push_back(letter - 'A');
  return tokens;
}

std::span<const TokenId> last(std::span<const TokenId> tokens, std::size_t most) {
  return tokens.last(std::min(most, tokens.size()));
}

void learn(NgramModel& model, std::span<const TokenId> text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    model.count(last(text.first(i), model.order()), text[i]);
}

NgramModel learnt(std::size_t order, std::int64_t letters, NgramSmoothing smoothing,
                  const std::vector<std::string>& texts) {
  NgramModel model(order, letters, smoothing);
  for (const std::string& text : texts) learn(model, ids(text));
  return model;
}

double probability(const NgramModel& model, const std::string& context, char next) {
  std::vector<double> p;
  model.distribution(ids(context), p);
  return p[static_cast<std::size_t>(next - 'A')];
}

/// Letters A to ~ of very different frequency, with some order in them.
constexpr int kLetters = 62;
std::string random_text(std::size_t length, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](std::uint64_t end) { return random() % end; };
  std::string text;
  for (std::uint64_t token = 0; text.size() < length; text += static_cast<char>('A' + token))
    token = below(3) > 0 ? (token * 5 + 2) % 17 : below(1 + below(kLetters));
  return text;
}

// Counts: AB 2, AC 1, BA 2. Before A stand B and the beginning, before B and C only A. Too little
// for discounts but 0.5, 1, 1.5.
TEST(NgramModel, KneserNeyByHand) {
  const NgramModel model = learnt(1, 3, NgramSmoothing::kneser_ney, {"ABABAC"});
  EXPECT_DOUBLE_EQ(probability(model, "", 'A'), 5.0 / 12);  // (2 - 1) / 4 + 2 / 4 · 1 / 3
  EXPECT_DOUBLE_EQ(probability(model, "", 'B'), 7.0 / 24);
  EXPECT_DOUBLE_EQ(probability(model, "", 'C'), 7.0 / 24);
  EXPECT_DOUBLE_EQ(probability(model, "A", 'B'), 23.0 / 48);  // (2 - 1) / 3 + 1.5 / 3 · 7 / 24
  EXPECT_DOUBLE_EQ(probability(model, "A", 'C'), 15.0 / 48);
  EXPECT_DOUBLE_EQ(probability(model, "A", 'A'), 10.0 / 48);
  EXPECT_DOUBLE_EQ(probability(model, "B", 'A'), 17.0 / 24);
  EXPECT_DOUBLE_EQ(probability(model, "C", 'A'), 5.0 / 12);  // nothing followed C
}

/// Modified Kneser-Ney straight from the texts.
class ByDefinition {
 public:
  ByDefinition(std::size_t order, double letters, const std::vector<std::string>& texts)
      : letters_(letters), counts_(order + 1), discounts_(order + 1) {
    for (std::size_t k = 0; k <= order; ++k) {
      std::map<std::string, std::set<char>> before;
      for (const std::string& text : texts)
        for (std::size_t i = 0; i + k < text.size(); ++i) {
          const std::string ngram = text.substr(i, k + 1);
          if (k == order || i == 0)
            counts_[k][ngram] += 1;
          else if (before[ngram].insert(text[i - 1]).second)
            counts_[k][ngram] += 1;
        }
      std::map<double, double> n;
      for (const auto& [ngram, count] : counts_[k]) n[count] += 1;
      const double y = n[1] / (n[1] + 2 * n[2]);
      discounts_[k] = {1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]};
      const auto& d = discounts_[k];
      if (d[0] > 0 && d[1] > 0 && d[2] > 0 && d[1] <= 2 && d[2] <= 3)
        ++estimated;
      else
        discounts_[k] = {0.5, 1, 1.5};
    }
  }
  double probability(const std::string& context, char next) const {
    double p = 1 / letters_;
    for (std::size_t k = 0; k <= context.size(); ++k) {
      const std::string suffix = context.substr(context.size() - k);
      double sum = 0, freed = 0, own = 0;
      for (int i = 0; i < static_cast<int>(letters_); ++i) {
        const auto letter = static_cast<char>('A' + i);
        const auto found = counts_[k].find(suffix + letter);
        if (found == counts_[k].end()) continue;
        const double discount =
            discounts_[k][std::min<std::size_t>(static_cast<std::size_t>(found->second), 3) - 1];
        sum += found->second;
        freed += discount;
        if (letter == next) own = found->second - discount;
      }
      if (sum > 0) p = own / sum + freed / sum * p;
    }
    return p;
  }
  std::size_t estimated = 0;  ///< orders whose counts give discounts

 private:
  double letters_;
  std::vector<std::map<std::string, double>> counts_;
  std::vector<std::array<double, 3>> discounts_;
};

TEST(NgramModel, KneserNeyIsItsDefinition) {
  const std::vector<std::string> texts{random_text(600, 1), random_text(9, 2), "ABABXYZ"};
  const ByDefinition reference(3, kLetters, texts);
  ASSERT_EQ(reference.estimated, 3U);  // and one has those for such cases
  const NgramModel model = learnt(3, kLetters, NgramSmoothing::kneser_ney, texts);
  const std::string test = random_text(300, 3);
  for (std::size_t i = 0; i < test.size(); ++i) {
    const std::size_t from = i - std::min<std::size_t>(i, 3);
    const std::string context = test.substr(from, i - from);
    ASSERT_NEAR(probability(model, context, test[i]), reference.probability(context, test[i]),
                1e-12)
        << context << " " << test[i];
  }
}

TEST(NgramModel, SumsToOneAndNothingIsImpossible) {
  for (const auto smoothing : {NgramSmoothing::witten_bell, NgramSmoothing::kneser_ney})
    for (const std::size_t order : {0U, 1U, 2U, 5U}) {
      const NgramModel model = learnt(order, kLetters, smoothing, {random_text(500, 4)});
      const std::string test = random_text(200, 5) + "~}" + random_text(20, 6);
      std::vector<double> p;
      for (std::size_t i = 0; i < test.size(); ++i) {
        model.distribution(last(ids(test.substr(0, i)), order), p);
        ASSERT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1, 1e-12);
        ASSERT_GT(*std::min_element(p.begin(), p.end()), 0);
      }
    }
}

TEST(NgramModel, OfNothingIsUniform) {
  const NgramModel model(2, 4, NgramSmoothing::kneser_ney);
  EXPECT_EQ(probability(model, "AB", 'C'), 0.25);
}

TEST(NgramModel, CountsOnAfterPredictingAndAfterRestoring) {
  for (const auto smoothing : {NgramSmoothing::witten_bell, NgramSmoothing::kneser_ney}) {
    const std::vector<std::string> both{random_text(200, 7), random_text(300, 8)};
    const NgramModel whole = learnt(2, kLetters, smoothing, both);
    NgramModel parts = learnt(2, kLetters, smoothing, {both[0]});
    EXPECT_NE(probability(parts, "CM", 'L'), probability(whole, "CM", 'L'));
    NgramModel restored(2, kLetters, smoothing);
    restored.restore(parts.save());
    EXPECT_EQ(probability(restored, "CM", 'L'), probability(parts, "CM", 'L'));
    learn(restored, ids(both[1]));
    std::vector<double> expected, found;
    whole.distribution(ids("CM"), expected);
    restored.distribution(ids("CM"), found);
    EXPECT_EQ(found, expected);
  }
}

TEST(NgramModel, RefusesWhatDoesNotFit) {
  using testing::HasSubstr;
  using testing::ThrowsMessage;
  EXPECT_THAT(
      [] { NgramModel(9, 1000, NgramSmoothing::witten_bell); },
      ThrowsMessage<Error>(HasSubstr("order 9 has too many contexts of 1000 tokens; at most 5")));
  NgramModel model = learnt(1, 3, NgramSmoothing::kneser_ney, {"ABABAC"});
  const Archive saved = model.save();
  EXPECT_THAT([&] { NgramModel(1, 4, NgramSmoothing::kneser_ney).restore(saved); },
              ThrowsMessage<Error>(HasSubstr("are for 3 tokens, the vocabulary has 4")));
  const auto damaged = ThrowsMessage<Error>(HasSubstr("the n-gram counts of order 0 are damaged"));
  const auto restore_with = [&](const char* name, std::vector<std::int64_t> values) {
    Archive archive = saved;
    const auto size = static_cast<std::int64_t>(values.size());
    archive.put(name, Array{{size}, std::move(values), {}});
    model.restore(archive);
  };
  EXPECT_THAT([&] { restore_with("order0/keys", {0, 1}); }, damaged);
  EXPECT_THAT([&] { restore_with("order0/keys", {2, 1, 0}); }, damaged);
  EXPECT_THAT([&] { restore_with("order0/keys", {-1, 1, 2}); }, damaged);
  EXPECT_THAT([&] { restore_with("order0/keys", {0, 1, 3}); }, damaged);
  EXPECT_THAT([&] { restore_with("order0/counts", {3, 0, 1}); }, damaged);
  // Tables that are sound alone, but the longer one tells of tokens that the shorter one lacks.
  restore_with("order0/keys", {0, 1, 1});
  EXPECT_THAT([&] { probability(model, "A", 'B'); }, damaged);
  restore_with("order0/counts", {1, 1, 1});
  EXPECT_THAT([&] { probability(model, "A", 'B'); }, damaged);
}

/// Lines of words, as ids: 0 is the beginning of a line and words that were not learnt.
class Lines {
 public:
  static constexpr TokenId kOther = 0, kEnd = 1;

  std::vector<std::vector<TokenId>> read(const std::string& text, bool learning) {
    std::vector<std::vector<TokenId>> lines;
    std::istringstream rows(text);
    for (std::string row; std::getline(rows, row);) {
      std::istringstream words(row);
      std::vector<TokenId> line{kOther};
      for (std::string word; words >> word;) line.push_back(id_of(word, learning));
      line.push_back(kEnd);
      if (line.size() > 2) lines.push_back(std::move(line));
    }
    return lines;
  }
  std::int64_t size() const { return static_cast<std::int64_t>(numbers_.size()) + 2; }

 private:
  TokenId id_of(const std::string& word, bool learning) {
    const auto found = numbers_.find(word);
    if (found != numbers_.end()) return found->second;
    if (!learning) return kOther;
    return numbers_[word] = static_cast<TokenId>(numbers_.size()) + 2;
  }
  std::map<std::string, TokenId> numbers_;
};

/// A word a step, the line's end too, within each line.
double perplexity(NgramSmoothing smoothing, const std::string& train, const std::string& test) {
  Lines words;
  const auto learnt = words.read(train, true);
  auto asked = words.read(test, false);
  asked.resize(2000);  // enough, and soon done
  NgramModel model(2, words.size(), smoothing);
  for (const auto& line : learnt)
    for (std::size_t i = 1; i < line.size(); ++i)
      model.count(last(std::span(line).first(i), 2), line[i]);
  double nats = 0, count = 0;
  std::vector<double> p;
  for (const auto& line : asked) {
    std::size_t begin = 0;  // of the context: nothing was learnt of what follows unknown words
    for (std::size_t i = 1; i < line.size(); ++i) {
      model.distribution(last(std::span(line).subspan(begin, i - begin), 2), p);
      nats -= std::log(p[static_cast<std::size_t>(line[i])]);
      count += 1;
      if (line[i] == Lines::kOther) begin = i + 1;
    }
  }
  return std::exp(nats / count);
}

TEST(NgramModel, IsKenLMsTrigramOfAusten) {
  const char* home = std::getenv("HOME");
  const std::filesystem::path folder =
      std::filesystem::path(home == nullptr ? "" : home) / ".cache/unroll/data/austen";
  if (!std::filesystem::exists(folder / "persuasion.txt") ||
      !std::filesystem::exists(folder / "emma.txt"))
    GTEST_SKIP() << "tools/get-data austen has not been run";
  const std::string train = read_file(folder / "emma.txt"),
                    test = read_file(folder / "persuasion.txt");
  const double kneser_ney = perplexity(NgramSmoothing::kneser_ney, train, test);
  // lmplz -o 3 --discount_fallback, then query: "Perplexity including OOVs".
  EXPECT_NEAR(kneser_ney, 545.0680, 1e-4);
  EXPECT_LT(kneser_ney, 0.95 * perplexity(NgramSmoothing::witten_bell, train, test));
}

}  // namespace
}  // namespace unroll
