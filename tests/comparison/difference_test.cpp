// Two runs: what differs, in order of what parts runs; where they parted; weights side by side.
#include <gmock/gmock.h>

#include <cmath>

#include <unroll/comparison/difference.hpp>

#include "comparison/made_runs.hpp"

namespace unroll::comparison {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Kind = Difference::Kind;

Array texts(std::vector<std::string> values) {
  const auto count = static_cast<std::int64_t>(values.size());
  return {{count}, std::move(values), {}};
}

ComparedRun with_environment(ComparedRun run, const std::string& plugin, const std::string& data,
                             std::int64_t threads) {
  Archive& environment = run.record.environment;
  environment.put("plugins/kind", texts({"cell"}));
  environment.put("plugins/name", texts({"lstm"}));
  environment.put("plugins/version", texts({"1.0.0"}));
  environment.put("plugins/sha256", texts({plugin}));
  environment.put("data/path", texts({"/data/alice.txt"}));
  environment.put("data/sha256", texts({data}));
  environment.put("threads", threads);
  environment.put("unroll_version", std::string("0.1.0"));
  return run;
}

std::vector<std::string> shown(const std::vector<Difference>& found) {
  std::vector<std::string> all;
  for (const Difference& one : found)
    all.push_back(std::string(kind_name(one.kind)) + ": " + one.what + ": " + one.a + " / " +
                  one.b);
  return all;
}

TEST(Difference, IsRanked) {
  const ComparedRun a = with_environment(made_run("lstm", 1, {1.0}), "aaaa", "cccc", 1);
  EXPECT_THAT(differences(a, a), IsEmpty());
  const ComparedRun b = with_environment(made_run("gru", 2, {1.0}), "bbbb", "dddd", 2);
  EXPECT_THAT(shown(differences(a, b)),
              ElementsAre("seed: seed: 1 / 2", "setting: model.many_to_many.cell: lstm / gru",
                          "data: /data/alice.txt: sha256 cccc / sha256 dddd",
                          "plugin: cell lstm: 1.0.0, sha256 aaaa / 1.0.0, sha256 bbbb",
                          "threads: environment.threads: 1 / 2",
                          "bookkeeping: output: runs/lstm.h5 / runs/gru.h5"));
}

TEST(Difference, WhereDataLayIsNone) {
  const ComparedRun a = with_environment(made_run("lstm", 1, {1.0}), "aaaa", "cccc", 1);
  ComparedRun b = a;
  b.record.environment.put("data/path", texts({"/elsewhere/alice.txt"}));
  EXPECT_THAT(differences(a, b), IsEmpty());
}

TEST(Parting, IsTheFirstStepThatDiffers) {
  const ComparedRun a = made_run("lstm", 1, {3.0, 2.0, 1.5}),
                    b = made_run("lstm", 1, {3.0, 2.0, 1.6});
  std::size_t shared = 0;
  EXPECT_FALSE(parting(a.record, a.record, shared));
  EXPECT_EQ(shared, 3u);
  const std::optional<Parting> late = parting(a.record, b.record, shared);
  ASSERT_TRUE(late);
  EXPECT_EQ(late->step, 30);
  EXPECT_EQ(late->split, "validation");
  EXPECT_THAT(late->metrics, ElementsAre("loss"));
  EXPECT_EQ(late->a, 1.5);
  EXPECT_EQ(late->b, 1.6);
  EXPECT_FALSE(late->first_row);
}

TEST(Parting, LooksAtEverySplitToTheBit) {
  ComparedRun a = made_run("lstm", 1, {3.0, 2.0}), b = made_run("lstm", 1, {3.0, 2.5});
  a.record.metrics["train"].append(5, {{"loss", 4.0, ""}, {"accuracy", std::nan(""), ""}});
  b.record.metrics["train"].append(
      5, {{"loss", std::nextafter(4.0, 5.0), ""}, {"accuracy", std::nan(""), ""}});
  std::size_t shared = 0;
  const std::optional<Parting> found = parting(a.record, b.record, shared);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->split, "train");
  EXPECT_EQ(found->step, 5);
  EXPECT_TRUE(found->first_row);
  EXPECT_EQ(shared, 3u);
}

// A mean over steps 6 to 10 says nothing of one over steps 1 to 10.
TEST(Parting, ComparesTrainingFiguresOverTheSameSteps) {
  ComparedRun a = made_run("lstm", 1, {3.0}), b = made_run("lstm", 1, {3.0});
  a.record.metrics["train"].append(10, {{"loss", 4.0, ""}});
  a.record.metrics["train"].append(20, {{"loss", 3.0, ""}});
  for (const std::int64_t step : {5, 10, 20})
    b.record.metrics["train"].append(step, {{"loss", 2.0, ""}});
  std::size_t shared = 0;
  const std::optional<Parting> found = parting(a.record, b.record, shared);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->step, 20);
  EXPECT_EQ(shared, 2u);
}

TEST(Parting, OfRunsThatMeasuredAtOtherSteps) {
  ComparedRun a = made_run("lstm", 1, {3.0}), b = made_run("lstm", 1, {});
  b.record.metrics["validation"].append(7, {{"loss", 9.0, ""}});
  std::size_t shared = 9;
  EXPECT_FALSE(parting(a.record, b.record, shared));
  EXPECT_EQ(shared, 0u);
}

TEST(Weights, NormsAndAngles) {
  Archive a, b;
  a.put("U", Array{{2}, std::vector<float>{3, 4}, {}});
  b.put("U", Array{{2}, std::vector<float>{4, -3}, {}});
  a.put("W", Array{{2, 1}, std::vector<float>{1, 2}, {}});
  b.put("W", Array{{1, 2}, std::vector<float>{1, 2}, {}});
  a.put("b", Array{{1}, std::vector<float>{0}, {}});
  b.put("b", Array{{1}, std::vector<float>{0}, {}});
  b.put("extra", Array{{1}, std::vector<float>{2}, {}});
  a.put("words", texts({"no", "numbers"}));
  const std::vector<WeightDifference> found = weight_differences(a, b);
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].name, "U");
  EXPECT_EQ(found[0].norm_a, 5);
  EXPECT_EQ(found[0].norm_b, 5);
  EXPECT_NEAR(found[0].norm_of_difference, std::sqrt(50.0), 1e-12);
  EXPECT_NEAR(found[0].relative, std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(found[0].cosine, 0, 1e-12);
  EXPECT_EQ(found[1].remark, "[2, 1] and [1, 2]");
  EXPECT_EQ(found[2].name, "b");
  EXPECT_EQ(found[2].relative, 0);
  EXPECT_TRUE(std::isnan(found[2].cosine));
  EXPECT_EQ(found[3].remark, "only in the second");
  EXPECT_EQ(found[3].norm_b, 2);
}

}  // namespace
}  // namespace unroll::comparison
