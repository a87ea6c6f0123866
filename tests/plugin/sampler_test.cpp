// Samplers against the exact distribution that their documentation states.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <unroll/core/error.hpp>
#include <unroll/plugin/registry.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr int kDraws = 20000;

const Registry& registry() {
  static const Registry registry({test::plugins()});
  return registry;
}

std::unique_ptr<Sampler> make(const std::string& name,
                              const std::vector<std::pair<std::string, std::string>>& with = {}) {
  std::vector<Node::Entry> map;
  for (const auto& [key, value] : with) map.push_back({key, {}, Node::scalar(value)});
  return registry().make_sampler({name, Node::map(std::move(map)), {}});
}

std::vector<int> draw(Sampler& sampler, const std::vector<float>& logits, std::uint64_t seed = 1) {
  RandomStream random(seed, "sampler");
  std::vector<int> counts(logits.size());
  for (int i = 0; i < kDraws; ++i) {
    ++counts[static_cast<std::size_t>(sampler.choose(logits, random))];
  }
  return counts;
}

std::vector<double> softmax(const std::vector<float>& logits, double temperature) {
  std::vector<double> p;
  for (const float l : logits) p.push_back(std::exp(static_cast<double>(l) / temperature));
  const double total = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& value : p) value /= total;
  return p;
}

// Pearson's statistic; tokens of probability 0 must never have been drawn.
double chi_squared(const std::vector<int>& counts, std::vector<double> p) {
  const double total = std::accumulate(p.begin(), p.end(), 0.0);
  double sum = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double expected = p[i] / total * kDraws;
    if (expected == 0) {
      EXPECT_EQ(counts[i], 0) << "token " << i << " must never be chosen";
    } else {
      sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
  }
  return sum;
}

// Below this with probability 0.9999 for five degrees of freedom, and for fewer.
constexpr double kLimit = 25.7;
const std::vector<float> kLogits{0.5F, 2.0F, -1.0F, kNever, 1.0F, 1.9F, 0.0F};

TEST(Temperature, DrawsFromTheSoftmax) {
  for (const char* temperature : {"0.5", "1", "2.5"}) {
    auto sampler = make("temperature", {{"temperature", temperature}});
    EXPECT_LT(chi_squared(draw(*sampler, kLogits), softmax(kLogits, std::stod(temperature))),
              kLimit)
        << temperature;
  }
}

TEST(Temperature, TopK) {
  auto p = softmax(kLogits, 1);
  p[0] = p[2] = p[6] = 0;  // 1, 5 and 4 are the three most likely
  EXPECT_LT(chi_squared(draw(*make("temperature", {{"top_k", "3"}}), kLogits), p), kLimit);
  EXPECT_LT(
      chi_squared(draw(*make("temperature", {{"top_k", "99"}}), kLogits), softmax(kLogits, 1)),
      kLimit);
}

TEST(Temperature, TopP) {
  // softmax: 0.088 0.393 0.020 0 0.145 0.356 0.053 within rounding; 0.393 + 0.356 = 0.749.
  auto p = softmax(kLogits, 1);
  ASSERT_GT(p[1] + p[5], 0.7);
  p[0] = p[2] = p[4] = p[6] = 0;
  EXPECT_LT(chi_squared(draw(*make("temperature", {{"top_p", "0.7"}}), kLogits), p), kLimit);
  auto first = draw(*make("temperature", {{"top_p", "1e-9"}}), kLogits);
  EXPECT_EQ(first[1], kDraws) << "at least one token stays";
}

TEST(Temperature, TopPCountsWithinWhatTopKLeaves) {
  // Of the two that top_k leaves, the first alone has 0.525: enough for 0.52, not for 0.53.
  auto one = draw(*make("temperature", {{"top_k", "2"}, {"top_p", "0.52"}}), kLogits);
  EXPECT_EQ(one[1], kDraws);
  auto two = draw(*make("temperature", {{"top_k", "2"}, {"top_p", "0.53"}}), kLogits);
  EXPECT_GT(two[5], 0);
}

TEST(Temperature, MinP) {
  auto p = softmax(kLogits, 1);
  p[0] = p[2] = p[6] = 0;  // exp(0.5 - 2) = 0.22, exp(1 - 2) = 0.37
  EXPECT_LT(chi_squared(draw(*make("temperature", {{"min_p", "0.3"}}), kLogits), p), kLimit);
}

TEST(Temperature, FiltersSeeTheTemperature) {
  // At temperature 2, exp((0.5 - 2) / 2) = 0.47 and exp((0 - 2) / 2) = 0.37 pass min_p 0.3.
  auto p = softmax(kLogits, 2);
  p[2] = 0;
  EXPECT_LT(
      chi_squared(draw(*make("temperature", {{"temperature", "2"}, {"min_p", "0.3"}}), kLogits), p),
      kLimit);
}

TEST(Temperature, EqualTokensAreRankedById) {
  const std::vector<float> equal(6, 1.0F);
  auto counts = draw(*make("temperature", {{"top_k", "2"}}), equal);
  EXPECT_EQ(counts[0] + counts[1], kDraws);
  EXPECT_GT(std::min(counts[0], counts[1]), kDraws / 3);
  counts = draw(*make("temperature", {{"top_p", "0.5"}}), equal);
  EXPECT_EQ(counts[0] + counts[1] + counts[2], kDraws);
}

TEST(Temperature, Extremes) {
  // Logits that overflow an exponential.
  auto counts = draw(*make("temperature"), {1000.0F, 1001.0F, -1000.0F});
  EXPECT_LT(chi_squared(counts, {softmax({0, 1}, 1)[0], softmax({0, 1}, 1)[1], 0}), kLimit);
  EXPECT_EQ(draw(*make("temperature"), {3e38F, -3e38F})[0], kDraws);
  // Nearly 0: greedy. Nearly infinite: uniform, but for what must not be chosen.
  EXPECT_EQ(draw(*make("temperature", {{"temperature", "1e-300"}}), kLogits)[1], kDraws);
  EXPECT_LT(chi_squared(draw(*make("temperature", {{"temperature", "1e300"}}), kLogits),
                        {1, 1, 1, 0, 1, 1, 1}),
            kLimit);
  // One token alone; one token left.
  EXPECT_EQ(draw(*make("temperature"), {-5.0F})[0], kDraws);
  EXPECT_EQ(draw(*make("temperature", {{"top_k", "5"}}), {kNever, -70.0F, kNever})[1], kDraws);
  // Not a number is never chosen.
  EXPECT_EQ(draw(*make("temperature"), {std::nanf(""), 1.0F})[1], kDraws);
}

TEST(Temperature, RefusesNonsense) {
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"temperature", "0"},
                                                        {"temperature", "-1"},
                                                        {"top_k", "-1"},
                                                        {"top_p", "0"},
                                                        {"top_p", "1.5"},
                                                        {"min_p", "2"},
                                                        {"tempreature", "1"}}) {
    EXPECT_THROW(make("temperature", {{key, value}}), Error) << key << ": " << value;
  }
}

TEST(Greedy, TakesTheFirstOfTheMostLikely) {
  auto sampler = make("greedy");
  RandomStream random(1, "sampler"), same = random;
  EXPECT_EQ(sampler->choose(std::vector<float>{kNever, 1, 3, 2, 3}, random), 2);
  EXPECT_EQ(sampler->choose(std::vector<float>{std::nanf(""), -3e38F}, random), 1);
  EXPECT_EQ(random.next(), same.next()) << "draws nothing";
}

TEST(Samplers, RefuseLogitsOfADivergedModel) {
  RandomStream random(1, "sampler");
  for (const char* name : {"greedy", "temperature"}) {
    for (const float value : {kNever, std::nanf("")}) {
      try {
        make(name)->choose(std::vector<float>(4, value), random);
        ADD_FAILURE() << name;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Failure::diverged);
      }
    }
  }
}

TEST(Samplers, AreReproducible) {
  auto a = make("temperature", {{"top_p", "0.9"}}), b = make("temperature", {{"top_p", "0.9"}});
  EXPECT_EQ(draw(*a, kLogits, 5), draw(*b, kLogits, 5));
  EXPECT_NE(draw(*a, kLogits, 5), draw(*b, kLogits, 6));
}

}  // namespace
}  // namespace unroll
