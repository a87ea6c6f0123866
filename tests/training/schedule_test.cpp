#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unroll/training/schedule.hpp>

namespace unroll {
namespace {

using testing::HasSubstr;

Node options(std::vector<std::pair<std::string, std::string>> values) {
  std::vector<Node::Entry> entries;
  for (auto& [key, value] : values) entries.push_back({key, {}, Node::scalar(value)});
  return Node::map(std::move(entries));
}

std::unique_ptr<Schedule> schedule(const std::string& name, Node given) {
  Problems problems;
  const PluginChoice choice{name, resolve_schedule({name, std::move(given), {}}, problems), {}};
  EXPECT_EQ(problems.text(), "");
  return make_schedule(choice);
}

double factor(const Schedule& s, std::int64_t step, std::int64_t epoch = 0,
              std::int64_t total = 100) {
  return s.factor({step, total, epoch});
}

TEST(Schedule, ConstantStaysAtOneAndWarmsUpLinearly) {
  EXPECT_EQ(factor(*schedule("constant", {}), 57), 1);
  const auto warm = schedule("constant", options({{"warmup", "3"}}));
  EXPECT_DOUBLE_EQ(factor(*warm, 0), 0.25);
  EXPECT_DOUBLE_EQ(factor(*warm, 2), 0.75);
  EXPECT_DOUBLE_EQ(factor(*warm, 3), 1);
}

TEST(Schedule, StepAsInCharRnnDropsFromTheTenthEpochOn) {
  const auto s = schedule("step", options({{"factor", "0.97"}, {"after", "10"}}));
  EXPECT_DOUBLE_EQ(factor(*s, 900, 9), 1);
  EXPECT_DOUBLE_EQ(factor(*s, 1000, 10), 0.97);
  EXPECT_DOUBLE_EQ(factor(*s, 1000, 12), 0.97 * 0.97 * 0.97);
}

TEST(Schedule, StepCountsStepsIfAsked) {
  const auto s = schedule(
      "step", options({{"factor", "0.5"}, {"after", "4"}, {"every", "3"}, {"unit", "step"}}));
  EXPECT_DOUBLE_EQ(factor(*s, 3, 50), 1);
  EXPECT_DOUBLE_EQ(factor(*s, 4), 0.5);
  EXPECT_DOUBLE_EQ(factor(*s, 6), 0.5);
  EXPECT_DOUBLE_EQ(factor(*s, 7), 0.25);
}

TEST(Schedule, CosineGoesFromOneToItsMinimum) {
  const auto s = schedule("cosine", options({{"minimum", "0.1"}, {"warmup", "20"}}));
  EXPECT_DOUBLE_EQ(factor(*s, 20), 1);
  EXPECT_NEAR(factor(*s, 60), 0.55, 1e-12);
  EXPECT_NEAR(factor(*s, 100), 0.1, 1e-12);
  EXPECT_NEAR(factor(*s, 500), 0.1, 1e-12);
  EXPECT_LT(factor(*s, 5), factor(*s, 10));
}

TEST(Schedule, PlateauDropsWhenTheLossStopsFallingAndResumes) {
  const Node given =
      options({{"factor", "0.5"}, {"patience", "2"}, {"threshold", "0.01"}, {"minimum", "0.2"}});
  const auto s = schedule("plateau", given);
  for (const double loss : {2.0, 1.5, 1.495, 1.494}) s->observe(loss);
  EXPECT_EQ(factor(*s, 4), 0.5);
  s->observe(1.49);
  const auto resumed = schedule("plateau", given);
  resumed->restore(s->save());
  for (Schedule* each : {s.get(), resumed.get()}) {
    each->observe(1.495);
    EXPECT_EQ(factor(*each, 5), 0.25);
    for (int i = 0; i < 9; ++i) each->observe(3);
    EXPECT_EQ(factor(*each, 6), 0.2);
  }
}

TEST(Schedule, UnknownNamesAndOptionsAreExplained) {
  Problems problems;
  resolve_schedule({"cosin", {}, {}}, problems);
  resolve_schedule({"step", options({{"facter", "1"}}), {}}, problems);
  EXPECT_THAT(problems.text(), HasSubstr("unknown schedule 'cosin' (known: constant, cosine, "
                                         "plateau, step); did you mean 'cosine'?"));
  EXPECT_THAT(problems.text(), HasSubstr("facter"));
  EXPECT_THROW(make_schedule({"cosin", {}, {}}), Error);
}

}  // namespace
}  // namespace unroll
