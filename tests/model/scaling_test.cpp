#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unroll/model/domain.hpp>
#include <unroll/model/scaling.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::Pointwise;

std::vector<Example> examples(std::vector<std::vector<float>> features) {
  std::vector<Example> made;
  for (auto& numbers : features) made.emplace_back().features = std::move(numbers);
  return made;
}

TEST(Scaling, IsLearntNumberByNumber) {
  const auto all = examples({{1, 0, 5, 7}, {3, 1, 5, 9}});
  const Scaling scaling = Scaling::learn(all, &Example::features, 4);
  EXPECT_THAT(scaling.mean, ElementsAre(2, 0, 5, 8)) << "0 and 1 alone are a flag";
  EXPECT_THAT(scaling.deviation, ElementsAre(1, 1, 1, 1)) << "what never changes is not divided";
  std::vector<float> numbers = {5, 1, 6, 8};
  scaling.apply(numbers);
  EXPECT_THAT(numbers, ElementsAre(3, 1, 1, 0));
}

TEST(Scaling, OfSequencesGoesByStepOfImagesByColour) {
  const auto sequences = examples({{1, 10, 3, 30}, {5, 50}});
  EXPECT_THAT(Scaling::learn(sequences, &Example::features, 2).mean, ElementsAre(3, 30));
  const std::vector<std::int64_t> shape = {2, 1, 3};
  EXPECT_EQ(scaling_width(shape), 2U);
  EXPECT_EQ(scaling_run(shape), 3U);
  const Scaling colours =
      Scaling::learn(examples({{2, 2, 5, 40, 40, 40}}), &Example::features, 2, 3);
  EXPECT_THAT(colours.mean, ElementsAre(3, 40));
  std::vector<float> numbers = {3, 3, 3, 40, 41, 40};
  colours.apply(numbers, 3);
  EXPECT_THAT(numbers, ElementsAre(0, 0, 0, 0, 1, 0));
}

TEST(Scaling, LargeNumbersKeepTheirDeviation) {
  const Scaling scaling = Scaling::learn(examples({{1e6F}, {1e6F + 2}}), &Example::features, 1);
  EXPECT_FLOAT_EQ(scaling.deviation[0], 1);
}

TEST(Scaling, TheDomainKeepsIt) {
  Domain domain;
  domain.fields.features = {2};
  domain.fields.feature_names = {"size", "cut=Ideal"};
  domain.fields.values = {"price"};
  domain.features = {{1, 0}, {2, 1}};
  domain.values = {{300}, {40}};
  const Domain loaded = Domain::load(domain.save());
  EXPECT_TRUE(loaded.fields.scaled);
  EXPECT_EQ(loaded.fields.feature_names, domain.fields.feature_names);
  EXPECT_EQ(loaded.features.mean, domain.features.mean);
  EXPECT_EQ(loaded.values.deviation, domain.values.deviation);
  domain.features.mean.pop_back();
  EXPECT_ANY_THROW(Domain::load(domain.save()));
  EXPECT_FALSE(Domain::load(Domain().save()).features.active());
}

}  // namespace
}  // namespace unroll
