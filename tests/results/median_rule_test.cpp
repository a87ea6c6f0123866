#include <gmock/gmock.h>

#include <cmath>

#include <unroll/config/yaml.hpp>
#include <unroll/results/median_rule.hpp>

namespace unroll {
namespace {

using testing::HasSubstr;

RunCurve curve(std::string name, std::vector<double> values) {
  RunCurve made{std::move(name), {}, std::move(values)};
  for (std::size_t i = 0; i < made.values.size(); ++i)
    made.steps.push_back(static_cast<std::int64_t>(10 * (i + 1)));
  return made;
}

/// Averages up to step 20: 2.5, 3 and 4; up to step 30: 2, 3 and 3.5.
const std::vector<RunCurve> kCompleted{curve("a", {3, 2, 1}), curve("b", {4, 2, 3}),
                                       curve("c", {5, 3, 2.5})};

MedianRule three() {
  MedianRule rule;
  rule.minimum = 3;
  return rule;
}

std::string problems_of(const std::string& text) {
  Problems problems;
  read_median_rule(load_yaml_text(text, "x.yaml", problems), problems);
  return problems.text();
}

TEST(MedianRule, ComparesTheBestWithTheMedianOfAverages) {
  const auto verdict = judge(three(), curve("own", {3.5, 3.1, 2.0}), kCompleted, 20);
  ASSERT_TRUE(verdict);
  EXPECT_TRUE(verdict->prune);
  EXPECT_DOUBLE_EQ(verdict->best, 3.1);  // what comes after step 20 does not count
  EXPECT_DOUBLE_EQ(verdict->median, 3);
  EXPECT_THAT(verdict->averages, testing::ElementsAre(2.5, 3, 4));
  EXPECT_EQ(verdict_text(three(), *verdict),
            "pruned at step 20: best validation/loss 3.1, the median of 3 others' averages is 3");
  EXPECT_TRUE(says_pruned(verdict_text(three(), *verdict)));
  EXPECT_FALSE(says_pruned("stopped by a signal"));
}

TEST(MedianRule, OnlyStrictlyWorseIsPruned) {
  EXPECT_FALSE(judge(three(), curve("own", {3, 9}), kCompleted, 20)->prune);
  EXPECT_TRUE(judge(three(), curve("own", {3.001, 9}), kCompleted, 20)->prune);
}

TEST(MedianRule, OfAnEvenNumberTheMiddleTwoCount) {
  std::vector<RunCurve> four = kCompleted;
  four.push_back(curve("d", {10, 10}));
  EXPECT_DOUBLE_EQ(judge(three(), curve("own", {1}), four, 20)->median, 3.5);
}

TEST(MedianRule, WaitsForTheWarmUpAndForEnoughRuns) {
  MedianRule rule = three();
  rule.warmup = 20;
  EXPECT_FALSE(judge(rule, curve("own", {99, 99}), kCompleted, 19));
  EXPECT_TRUE(judge(rule, curve("own", {99, 99}), kCompleted, 20));
  rule.minimum = 4;
  EXPECT_FALSE(judge(rule, curve("own", {99, 99}), kCompleted, 20));
  // A run that had measured nothing by then is none to compare with.
  EXPECT_FALSE(
      judge(three(), curve("own", {99}), {kCompleted[0], kCompleted[1], {"late", {50}, {1}}}, 20));
  EXPECT_FALSE(judge(three(), {"own", {}, {}}, kCompleted, 20));
}

TEST(MedianRule, KnowsWhichMetricsShouldBeLarge) {
  MedianRule rule = three();
  rule.metric = "validation/accuracy";
  EXPECT_TRUE(judge(rule, curve("own", {2, 2.9}), kCompleted, 20)->prune);
  EXPECT_FALSE(judge(rule, curve("own", {2, 3.5}), kCompleted, 20)->prune);
  rule.better = "smaller";
  EXPECT_FALSE(judge(rule, curve("own", {2, 2.9}), kCompleted, 20)->prune);
}

TEST(MedianRule, ReadsItsMetricWithoutWhatIsMissing) {
  MetricTables metrics;
  metrics["validation"].append(10, {{"loss", 2, "nats"}});
  metrics["validation"].append(20, {{"accuracy", 0.5, "1"}});
  metrics["validation"].append(30, {{"loss", 1, "nats"}});
  const RunCurve read = curve_of(MedianRule{}, "run", metrics);
  EXPECT_THAT(read.steps, testing::ElementsAre(10, 30));
  EXPECT_THAT(read.values, testing::ElementsAre(2, 1));
  EXPECT_TRUE(curve_of(MedianRule{}, "run", {}).steps.empty());
}

TEST(MedianRule, SaysWhatIsWrongInTheFile) {
  EXPECT_EQ(problems_of("median: {warmup: 10, minimum: 2, metric: validation/accuracy}"), "");
  EXPECT_EQ(problems_of("medain: {}"),
            "x.yaml:1:1: prune expects a rule, as in {median: {warmup: 500}}; did you mean "
            "'median'?");
  EXPECT_THAT(problems_of("median: {metric: loss}"), HasSubstr("x.yaml:1:18: metric expects"));
  EXPECT_THAT(problems_of("median: {metric: validation/zest}"), HasSubstr("say better: larger"));
  EXPECT_EQ(problems_of("median: {metric: validation/zest, better: larger}"), "");
  EXPECT_THAT(problems_of("median: {warm_up: 3}"), HasSubstr("did you mean 'warmup'?"));
}

}  // namespace
}  // namespace unroll
