// Two runs, and what is said where they part.
#include <cmath>

#include <gmock/gmock.h>

#include <unroll/results/run_difference.hpp>

#include "results/sample_run.hpp"

namespace unroll {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

RunRecord trained() {
  RunRecord run = sample_record();
  for (const std::int64_t step : {2, 4, 6}) {
    const double loss = 1.0 / static_cast<double>(step);
    run.metrics["train"].append(step, {{"loss", loss, "nats"}});
    run.metrics["validation"].append(step, {{"loss", loss + 1, "nats"}, {"bleu", NAN, "1"}});
    run.samples.push_back({step, "greedy", "a", "b"});
  }
  Checkpoint checkpoint = sample_checkpoint(6);
  run.step = 6;
  run.weights = checkpoint.weights;
  run.state = checkpoint.state;
  run.best = checkpoint.best;
  return run;
}

auto says(const char* part, const std::string& text) {
  return AllOf(Field(&RunDifference::part, part), Field(&RunDifference::text, HasSubstr(text)));
}

TEST(RunDifferences, NoneInTheSameBits) {
  RunRecord other = trained();
  other.state.put("timing/seconds", 3.5);
  other.timing["train"].append(2, {{"seconds", 1, "s"}});
  other.run_id = "another";
  EXPECT_THAT(run_differences(trained(), other), IsEmpty());
}

TEST(RunDifferences, TheEarliestFigureIsNamed) {
  RunRecord other = trained();
  other.metrics["train"].columns["loss"].values[2] = 7;
  double& loss = other.metrics["validation"].columns["loss"].values[1];
  loss = std::nextafter(loss, 2);
  EXPECT_THAT(run_differences(trained(), other),
              ElementsAre(says("metrics", "validation/loss at step 4: 1.25 and 1.25000000000000")));
  EXPECT_EQ(run_differences(trained(), other)[0].step, 4);
  EXPECT_THAT(run_differences(trained(), other, 3), IsEmpty());
}

TEST(RunDifferences, RowsThatOnlyOneHas) {
  RunRecord other = trained();
  other.metrics["train"].truncate(2);
  EXPECT_THAT(run_differences(trained(), other),
              ElementsAre(says("metrics", "train has a row of step 6 in the first alone")));
  other.metrics["train"].append(5, {{"loss", 1, "nats"}});
  EXPECT_THAT(run_differences(trained(), other),
              ElementsAre(says("metrics", "train has a row of step 6 in the first and of step 5")));
  other.metrics.erase("train");
  EXPECT_THAT(run_differences(other, trained()),
              ElementsAre(says("metrics", "train has a row of step 2 in the second alone")));
}

TEST(RunDifferences, WeightsByNameAndIndex) {
  RunRecord other = trained();
  Array array = other.weights.array("layer0/U");
  std::get<std::vector<float>>(array.values)[6] = -0.5F;
  std::get<std::vector<float>>(array.values)[7] = -0.5F;
  other.weights.put("layer0/U", array);
  other.state.put("optimizer/layer0/U/first", array);
  other.best->step = 4;
  other.samples[1].text = "c";
  EXPECT_THAT(run_differences(trained(), other),
              ElementsAre(says("samples", "greedy at step 4: 'b' and 'c'"),
                          says("weights", "layer0/U[1, 2]: 6 and -0.5 (2 of 12 values differ)"),
                          says("best", "of step 6 and of step 4"),
                          says("state", "optimizer/layer0/U/first[1, 2]: 6 and -0.5 (2 of 12")));
  EXPECT_THAT(run_differences(trained(), other, 6), ElementsAre(says("samples", "greedy")));
}

TEST(RunDifferences, ZeroAndMinusZeroAreNotTheSameBits) {
  RunRecord zero = trained(), minus = trained();
  zero.weights.put("b", Array{{1}, std::vector<float>{0.0F}, {}});
  minus.weights.put("b", Array{{1}, std::vector<float>{-0.0F}, {}});
  EXPECT_THAT(run_differences(zero, minus), ElementsAre(says("weights", "b[0]: 0 and -0")));
}

}  // namespace
}  // namespace unroll
