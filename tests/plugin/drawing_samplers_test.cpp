// typical, mirostat and repetition_penalty: NumPy's choices one by one, exact distributions,
// extreme logits.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include <unroll/core/error.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/results/hdf5.hpp>

#include "paths.hpp"

namespace unroll {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::unique_ptr<Sampler> make(const std::string& name,
                              const std::vector<std::pair<std::string, std::string>>& with = {}) {
  static const Registry registry({test::plugins()});
  std::vector<Node::Entry> map;
  for (const auto& [key, value] : with) map.push_back({key, {}, Node::scalar(value)});
  return registry.make_sampler({name, Node::map(std::move(map)), {}});
}

std::vector<int> draw(Sampler& sampler, const std::vector<float>& logits, int draws) {
  RandomStream random(1, "sampler");
  std::vector<int> counts(logits.size());
  for (int i = 0; i < draws; ++i) {
    sampler.begin();
    ++counts[static_cast<std::size_t>(sampler.choose(logits, random))];
  }
  return counts;
}

/// Pearson's statistic; what has probability 0 must not have been drawn.
double chi_squared(const std::vector<int>& counts, const std::vector<double>& p) {
  double draws = 0, sum = 0;
  for (const int count : counts) draws += count;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] == 0)
      EXPECT_EQ(counts[i], 0) << "token " << i << " must never be chosen";
    else
      sum += std::pow(counts[i] - p[i] * draws, 2) / (p[i] * draws);
  }
  return sum;
}

std::vector<float> logs(std::initializer_list<double> p) {
  std::vector<float> logits;
  for (const double value : p) logits.push_back(static_cast<float>(std::log(value)));
  return logits;
}

class SamplerFixtures : public testing::TestWithParam<const char*> {};

TEST_P(SamplerFixtures, ChooseWhatNumPyChooses) {
  const Hdf5File file = Hdf5File::open(test::fixture("samplers.h5"));
  const Archive stored = file.read_all("");
  const Array& logits = stored.array("logits");
  const auto& values = std::get<std::vector<float>>(logits.values);
  const auto& words = std::get<std::vector<std::int64_t>>(stored.array("state").values);
  RandomStream::State state{};
  for (std::size_t i = 0; i < state.size(); ++i) state[i] = static_cast<std::uint64_t>(words[i]);
  const std::string place = GetParam();
  std::vector<std::pair<std::string, std::string>> options;
  const Archive given = file.attributes(place);
  for (const auto& [name, value] : given.entries())
    options.emplace_back(name, name == "last" ? fmt::format("{:.0f}", as_doubles(value).front())
                                              : fmt::format("{}", as_doubles(value).front()));
  const auto sampler = make(place.substr(0, place.find('/')), options);
  const Archive expected = file.read_all(place);
  const auto& wanted = std::get<std::vector<std::int32_t>>(expected.array("tokens").values);
  for (int text = 0; text < 2; ++text) {  // what was written before is forgotten
    sampler->begin();
    RandomStream random(state);
    const auto V = static_cast<std::size_t>(logits.shape[1]);
    std::vector<TokenId> chosen;
    for (std::size_t t = 0; t < wanted.size(); ++t)
      chosen.push_back(sampler->choose(std::span(values).subspan(t * V, V), random));
    EXPECT_EQ(chosen, wanted);
  }
}

INSTANTIATE_TEST_SUITE_P(All, SamplerFixtures,
                         testing::Values("typical/plain", "typical/whole", "typical/hot",
                                         "mirostat/plain", "mirostat/low", "mirostat/still",
                                         "repetition_penalty/plain", "repetition_penalty/all",
                                         "repetition_penalty/cold"),
                         [](const auto& each) {
                           std::string name = each.param;
                           return name.replace(name.find('/'), 1, "_");
                         });

// H = 1.42 nats; the informations are 0.69, 1.61, 2.04, 2.66, …: first 0.2, then 0.13, then 0.5.
TEST(Typical, DrawsAmongTheMostTypical) {
  const std::vector<float> logits = logs({0.5, 0.2, 0.13, 0.07, 0.06, 0.04});
  EXPECT_EQ(draw(*make("typical", {{"mass", "0.19"}}), logits, 1000)[1], 1000);
  EXPECT_LT(chi_squared(draw(*make("typical", {{"mass", "0.3"}}), logits, 20000),
                        {0, 0.2 / 0.33, 0.13 / 0.33, 0, 0, 0}),
            15.1);
  EXPECT_LT(chi_squared(draw(*make("typical", {{"mass", "0.6"}}), logits, 20000),
                        {0.5 / 0.83, 0.2 / 0.83, 0.13 / 0.83, 0, 0, 0}),
            18.4);
  EXPECT_LT(chi_squared(draw(*make("typical", {{"mass", "1"}}), logits, 20000),
                        {0.5, 0.2, 0.13, 0.07, 0.06, 0.04}),
            25.7);
}

TEST(Typical, LeavesOutTheMostLikelyWhereItGoesWithoutSaying) {
  // 0.4 against 1000 tokens of 0.0006: H is 4.8, and the many are nearer to it.
  std::vector<float> logits(1001, static_cast<float>(std::log(0.0006)));
  logits[500] = static_cast<float>(std::log(0.4));
  EXPECT_EQ(draw(*make("typical", {{"mass", "0.5"}}), logits, 2000)[500], 0);
}

TEST(Mirostat, CutsOffWhatIsMoreSurprisingThanItsLimit) {
  const std::vector<float> logits = logs({0.5, 0.25, 0.125, 0.0625, 0.0625});
  EXPECT_LT(chi_squared(draw(*make("mirostat", {{"target", "1.01"}}), logits, 20000),
                        {2 / 3., 1 / 3., 0, 0, 0}),
            15.1);
  EXPECT_LT(chi_squared(draw(*make("mirostat", {{"target", "3"}}), logits, 20000),
                        {0.5, 0.25, 0.125, 0.0625, 0.0625}),
            25.7);
}

TEST(Mirostat, KeepsTheMeanSurpriseNearItsTarget) {
  RandomStream source(3, "logits");
  for (const double target : {1.5, 2.0, 2.5}) {
    const auto sampler = make("mirostat", {{"target", fmt::format("{}", target)}});
    RandomStream random(1, "sampler");
    sampler->begin();
    double bits = 0;
    constexpr int kTokens = 4000;
    for (int t = 0; t < kTokens; ++t) {
      std::vector<float> logits(100);
      double total = 0;
      for (float& logit : logits) {
        logit = static_cast<float>(3 * source.normal());
        total += std::exp(static_cast<double>(logit));
      }
      const TokenId token = sampler->choose(logits, random);
      bits -=
          std::log2(std::exp(static_cast<double>(logits[static_cast<std::size_t>(token)])) / total);
    }
    EXPECT_NEAR(bits / kTokens, target, 0.02);
  }
}

TEST(RepetitionPenalty, WithoutPenaltyDrawsFromTheSoftmax) {
  const std::vector<float> logits = logs({0.5, 0.25, 0.125, 0.0625, 0.0625});
  EXPECT_LT(chi_squared(draw(*make("repetition_penalty", {{"penalty", "1"}}), logits, 20000),
                        {0.5, 0.25, 0.125, 0.0625, 0.0625}),
            25.7);
}

TEST(RepetitionPenalty, DividesPositiveLogitsAndMultipliesNegativeOnes) {
  RandomStream random(1, "sampler");
  const auto cold = [] {
    return make("repetition_penalty", {{"penalty", "2"}, {"temperature", "0"}, {"last", "2"}});
  };
  const std::vector<float> positive{3, 2, 1}, negative{-1, -1.5F, -4};
  auto sampler = cold();
  std::vector<TokenId> chosen;
  for (int t = 0; t < 5; ++t) chosen.push_back(sampler->choose(positive, random));
  EXPECT_THAT(chosen, testing::ElementsAre(0, 1, 0, 0, 1));  // 1.5, 1, 1 at the third and fourth
  sampler = cold();
  chosen.clear();
  for (int t = 0; t < 5; ++t) chosen.push_back(sampler->choose(negative, random));
  EXPECT_THAT(chosen, testing::ElementsAre(0, 1, 0, 0, 1));
}

TEST(DrawingSamplers, TakeExtremeLogits) {
  for (const char* name : {"typical", "mirostat", "repetition_penalty"}) {
    SCOPED_TRACE(name);
    const auto sampler = make(name);
    RandomStream random(1, "sampler");
    for (int t = 0; t < 50; ++t) {
      EXPECT_EQ(sampler->choose(std::vector<float>{7}, random), 0);
      EXPECT_EQ(sampler->choose(std::vector<float>{kNever, -3e38F, kNan}, random), 1);
      EXPECT_EQ(sampler->choose(std::vector<float>{kNever, 1, 3e38F, kNever}, random), 2);
      EXPECT_NE(sampler->choose(std::vector<float>{kNever, -3e38F, -3e38F}, random), 0);
    }
    sampler->begin();
    EXPECT_LT(chi_squared(draw(*sampler, {2, 2, 2, kNever}, 6000), {1 / 3., 1 / 3., 1 / 3., 0}),
              18.5);
    EXPECT_THROW(sampler->choose(std::vector<float>{kNever, kNan}, random), Error);
    EXPECT_THROW(sampler->choose(std::vector<float>{kNever, -kNever}, random), Error);
  }
}

}  // namespace
}  // namespace unroll
