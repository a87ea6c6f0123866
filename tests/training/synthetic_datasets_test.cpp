#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <training/small_run.hpp>

namespace unroll {
namespace {

using namespace testing_room;
using testing::HasSubstr;

Splits load(const std::string& dataset, const std::string& options) {
  Problems problems;
  const Node node = load_yaml_text("{" + options + "}", "test", problems);
  problems.throw_if_any();
  return registry().make_dataset({dataset, node, {}})->load();
}

std::vector<Example> all_of(const Splits& splits) {
  std::vector<Example> all = splits.train;
  for (const auto* split : {&splits.validation, &splits.test})
    all.insert(all.end(), split->begin(), split->end());
  return all;
}

constexpr const char* kFew = "train: 60, validation: 20, test: 20";

TEST(SyntheticDatasets, TheSeedDecidesAndNoTextStandsInTwoSplits) {
  const std::string more = std::string(kFew) + ", data_seed: 2";
  for (const char* name : {"copy_memory", "reverse", "parity", "dyck", "addition"}) {
    const Splits splits = load(name, kFew);
    ASSERT_EQ(splits.train.size(), 60U) << name;
    ASSERT_EQ(splits.test.size(), 20U) << name;
    std::set<std::string> trained;
    for (const Example& example : splits.train) trained.insert(example.text);
    for (const Example& example : splits.validation) EXPECT_FALSE(trained.contains(example.text));
    for (const Example& example : splits.test) EXPECT_FALSE(trained.contains(example.text));
    EXPECT_EQ(load(name, kFew).train[7].text, splits.train[7].text) << name;
    EXPECT_NE(load(name, more).train[7].text, splits.train[7].text) << name;
  }
}

TEST(SyntheticDatasets, AddingIsTheSumOfTheTwoMarked) {
  for (const Example& example : all_of(load("adding", std::string("length: 9, ") + kFew))) {
    ASSERT_EQ(example.features.size(), 18U);
    float sum = 0;
    int marked_before = 0, marked_after = 0;
    for (std::size_t t = 0; t < 9; ++t) {
      sum += example.features[2 * t] * example.features[2 * t + 1];
      (t < 4 ? marked_before : marked_after) += example.features[2 * t + 1] == 1;
    }
    EXPECT_EQ(marked_before, 1);
    EXPECT_EQ(marked_after, 1);
    EXPECT_FLOAT_EQ(example.values.at(0), sum);
  }
}

TEST(SyntheticDatasets, CopyMemorySaysTheSymbolsAgain) {
  const std::string options = std::string("symbols: 3, delay: 5, ") + kFew;
  for (const Example& example : all_of(load("copy_memory", options))) {
    ASSERT_EQ(example.text.size(), 11U);
    EXPECT_EQ(example.text.substr(3), "-----:--");
    EXPECT_EQ(example.target, "--------" + example.text.substr(0, 3));
  }
}

TEST(SyntheticDatasets, ReverseIsBackwards) {
  for (const Example& example : all_of(load("reverse", kFew)))
    EXPECT_EQ(example.target, std::string(example.text.rbegin(), example.text.rend()));
}

TEST(SyntheticDatasets, ParityCountsTheOnes) {
  const Splits splits = load("parity", std::string("test_longest: 40, ") + kFew);
  std::set<std::string> labels;
  for (const Example& example : all_of(splits)) {
    labels.insert(example.label);
    EXPECT_EQ(example.label,
              std::count(example.text.begin(), example.text.end(), '1') % 2 == 1 ? "odd" : "even");
  }
  EXPECT_EQ(labels.size(), 2U);
  for (const Example& example : splits.test) EXPECT_GT(example.text.size(), 20U);
}

TEST(SyntheticDatasets, AdditionIsRightBackwardsAndForwards) {
  for (const bool reverse : {false, true})
    for (Example& example :
         all_of(load("addition", fmt::format("reverse: {}, {}", reverse, kFew)))) {
      if (reverse) std::reverse(example.text.begin(), example.text.end());
      const std::size_t plus = example.text.find('+');
      EXPECT_EQ(std::stoi(example.text.substr(0, plus)) + std::stoi(example.text.substr(plus + 1)),
                std::stoi(example.target));
    }
}

TEST(SyntheticDatasets, DyckTellsTheDepthOrWhatMayFollow) {
  const Splits depths = load("dyck", std::string("depth: 5, ") + kFew);
  const Splits next = load("dyck", std::string("depth: 5, target: next, ") + kFew);
  const std::vector<Example> a = all_of(depths), b = all_of(next);
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].text, b[i].text);
    int depth = 0;
    for (std::size_t t = 0; t < a[i].text.size(); ++t) {
      depth += a[i].text[t] == '(' ? 1 : -1;
      ASSERT_GE(depth, 0);
      ASSERT_LE(depth, 5);
      EXPECT_EQ(a[i].target[t], '0' + depth);
      EXPECT_EQ(b[i].target[t], depth > 0 ? 'e' : 'o');
    }
    EXPECT_EQ(depth, 0);
  }
}

TEST(SyntheticDatasets, DyckTestsDeeperThanItTrains) {
  const Splits splits =
      load("dyck", std::string("depth: 4, target: next, test_length: 60, test_depth: 12, ") + kFew);
  const auto deepest = [](const Example& example) {
    int depth = 0, most = 0;
    for (const char c : example.text) most = std::max(most, depth += c == '(' ? 1 : -1);
    return most;
  };
  for (const Example& example : splits.train) EXPECT_LE(deepest(example), 4);
  for (const Example& example : splits.test) {
    EXPECT_EQ(example.text.size(), 60U);
    EXPECT_GT(deepest(example), 4);
    EXPECT_LE(deepest(example), 12);
  }
  const auto refusal = [](const std::string& options) -> std::string {
    try {
      load("dyck", options);
    } catch (const Error& error) {
      return error.what();
    }
    return "not refused";
  };
  EXPECT_THAT(refusal("depth: 40"), HasSubstr("depths are written up to 35, not 40"));
  EXPECT_THAT(refusal("depth: 4, test_depth: 4"), HasSubstr("test_depth 4 is no deeper"));
  EXPECT_THAT(refusal("depth: 10, length: 40, test_length: 12, test_depth: 30, test: 1"),
              HasSubstr("make test_length longer"));
}

}  // namespace
}  // namespace unroll
