// Groups: replicas over seeds, what may not be averaged, and what differences are worth.
#include <gmock/gmock.h>

#include <unroll/comparison/group_table.hpp>
#include <unroll/comparison/groups.hpp>
#include <unroll/core/error.hpp>

#include "comparison/made_runs.hpp"

namespace unroll::comparison {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::string kCell = "model.many_to_many.cell";
const FigureName kLoss{"validation", "loss"};

std::vector<ComparedRun> two_cells(int seeds, double apart) {
  std::vector<ComparedRun> runs;
  for (int seed = seeds; seed >= 1; --seed) {  // the order of files is not that of seeds
    const double wobble = 0.01 * (seed * seed % 5);
    runs.push_back(made_run("lstm", seed, {2.0, 1.5 + wobble}));
    runs.push_back(made_run("gru", seed, {2.0, 1.5 + apart + 0.9 * wobble}));
  }
  return runs;
}

TEST(Groups, GatherReplicasBySeed) {
  const std::vector<ComparedRun> runs = two_cells(3, 0.1);
  const Grouping grouping = group_runs(runs, {kCell});
  ASSERT_EQ(grouping.groups.size(), 2u);
  EXPECT_EQ(grouping.groups[0].name(), "lstm");
  EXPECT_THAT(grouping.groups[0].seeds, ElementsAre(1, 2, 3));
  EXPECT_EQ(grouping.groups[1].name(), "gru");
  EXPECT_TRUE(grouping.remarks.empty());
  EXPECT_EQ(value_of(grouping.groups[0], grouping, "n"), Value(3.0));
  EXPECT_NEAR(std::get<double>(value_of(grouping.groups[0], grouping, "validation.loss.mean")),
              1.5 + 0.01 * (1 + 4 + 4) / 3, 1e-12);
  EXPECT_EQ(value_of(grouping.groups[0], grouping, "validation.loss.first.sd"), Value(0.0));
  EXPECT_EQ(value_of(grouping.groups[0], grouping, kCell), Value(std::string("lstm")));
  EXPECT_EQ(value_of(grouping.groups[0], grouping, "validation.bleu.mean"), Value());
}

TEST(Groups, WithoutSettingsByAllThatDiffer) {
  const std::vector<ComparedRun> runs = two_cells(2, 0.1);
  const Grouping grouping = group_runs(runs, {});
  EXPECT_THAT(grouping.settings, ElementsAre(kCell));
  EXPECT_EQ(grouping.groups.size(), 2u);
}

TEST(Groups, RefuseOtherDifferences) {
  std::vector<ComparedRun> runs = two_cells(2, 0.1);
  runs.push_back(made_run("runs/odd.h5",
                          "seed: 9\nmodel: {many_to_many: {cell: gru, hidden: 64}}\n"
                          "training: {batch: 16}\noutput: elsewhere.h5",
                          {1.0}));
  EXPECT_THAT([&] { group_runs(runs, {kCell}); },
              ThrowsMessage<Error>(AllOf(HasSubstr("runs/gru1.h5 and runs/odd.h5 are no replicas"),
                                         HasSubstr("training.batch is 32 and 16"))));
}

TEST(Groups, RefuseOptionsOfAChoiceThatDiffer) {
  std::vector<ComparedRun> runs;
  for (int seed = 1; seed <= 2; ++seed)
    runs.push_back(made_run("run" + std::to_string(seed),
                            "seed: " + std::to_string(seed) + "\nmodel: {cell: {lstm: {bias: " +
                                std::to_string(seed) + ", peep: 0}}, hidden: 64}",
                            {1.0}));
  EXPECT_THAT([&] { group_runs(runs, {"model.cell"}); },
              ThrowsMessage<Error>(HasSubstr("model.cell.lstm.bias is 1 and 2")));
}

TEST(Groups, RefuseRepeatedSeeds) {
  std::vector<ComparedRun> runs = two_cells(2, 0.1);
  runs.push_back(made_run("gru", 2, {1.0}));
  runs.back().path = "runs/again.h5";
  EXPECT_THAT([&] { group_runs(runs, {kCell}); },
              ThrowsMessage<Error>(HasSubstr("are the same run with seed 2")));
  runs.back().record.run_id = "another";
  EXPECT_THAT([&] { group_runs(runs, {kCell}); },
              ThrowsMessage<Error>(HasSubstr("are two runs of one experiment with seed 2")));
}

TEST(Groups, RefuseOtherData) {
  std::vector<ComparedRun> runs = two_cells(2, 0.1);
  for (ComparedRun& run : runs)
    run.record.environment.put("data/sha256", Array{{1}, std::vector<std::string>{"aa"}, {}});
  runs[0].record.environment.put("data/sha256", Array{{1}, std::vector<std::string>{"bb"}, {}});
  EXPECT_THAT([&] { group_runs(runs, {kCell}); },
              ThrowsMessage<Error>(HasSubstr("learnt from different data")));
}

TEST(Groups, RemarkOnWhatIsLeftOutAndWhatElseDiffers) {
  std::vector<ComparedRun> runs = two_cells(3, 0.1);
  runs[0].status = "diverged";
  runs[0].record.status = RunStatus::diverged;
  runs.push_back(made_run("runs/rnn.h5",
                          "seed: 1\nmodel: {many_to_many: {cell: rnn, hidden: 128}}\n"
                          "training: {batch: 32}\noutput: x.h5",
                          {1.0}));
  const Grouping grouping = group_runs(runs, {kCell});
  EXPECT_THAT(grouping.remarks, Contains("runs/lstm3.h5 is left out: it is diverged"));
  EXPECT_THAT(grouping.remarks,
              Contains("gru and rnn differ in model.many_to_many.hidden as well (64 and 128)"));
}

TEST(Groups, TooFewSeedsAreNotJudged) {
  const std::vector<ComparedRun> runs = two_cells(2, 0.5);
  const Grouping grouping = group_runs(runs, {kCell});
  EXPECT_EQ(contrasts(grouping, kLoss).at(0).verdict(), Contrast::Verdict::too_few_seeds);
  const std::vector<ComparedRun> one = two_cells(1, 0.5);
  const Grouping single = group_runs(one, {kCell});
  EXPECT_EQ(contrasts(single, kLoss).at(0).test, std::nullopt);
}

TEST(Groups, MatchingSeedsArePaired) {
  std::vector<ComparedRun> runs = two_cells(5, 0.1);
  const Grouping grouping = group_runs(runs, {kCell});
  const Contrast pairs = contrasts(grouping, kLoss).at(0);
  EXPECT_TRUE(pairs.paired);
  EXPECT_EQ(pairs.verdict(), Contrast::Verdict::more_than_noise);
  EXPECT_LT(pairs.test->difference, -0.09);  // lstm, the first, has the lower loss
  runs.pop_back();
  const Grouping uneven = group_runs(runs, {kCell});
  const Contrast apart = contrasts(uneven, kLoss).at(0);
  EXPECT_FALSE(apart.paired);
  EXPECT_EQ(apart.of_a.n + apart.of_b.n, 9u);
}

TEST(Groups, NoiseIsNotTakenForADifference) {
  std::vector<ComparedRun> runs;
  const std::vector<double> noise{0.3, -0.2, 0.1, -0.25, 0.05};
  for (int seed = 1; seed <= 5; ++seed) {
    runs.push_back(made_run("lstm", seed, {1.5 + noise[static_cast<std::size_t>(seed - 1)]}));
    runs.push_back(made_run("gru", seed, {1.5 + noise[static_cast<std::size_t>(seed % 5)]}));
  }
  const Grouping grouping = group_runs(runs, {kCell});
  const Contrast contrast = contrasts(grouping, kLoss).at(0);
  EXPECT_EQ(contrast.verdict(), Contrast::Verdict::not_told_from_noise);
}

TEST(Groups, SeveralPairsAreAdjustedTogether) {
  std::vector<ComparedRun> runs = two_cells(4, 0.1);
  for (int seed = 1; seed <= 4; ++seed) runs.push_back(made_run("rnn", seed, {1.9 + 0.001 * seed}));
  const Grouping grouping = group_runs(runs, {kCell});
  const std::vector<Contrast> all = contrasts(grouping, kLoss);
  ASSERT_EQ(all.size(), 3u);
  double least = 1, adjusted = 1;
  for (const Contrast& one : all)
    if (one.test->p < least) {
      least = one.test->p;
      adjusted = one.adjusted_p;
    }
  EXPECT_DOUBLE_EQ(adjusted, 3 * least);
  const std::vector<Contrast> with_gru = contrasts(grouping, kLoss, 1);
  ASSERT_EQ(with_gru.size(), 2u);
  EXPECT_EQ(with_gru[0].b->name(), grouping.groups[1].name());
}

TEST(Groups, TablesShowWhatIsThere) {
  const std::vector<ComparedRun> runs = two_cells(3, 0.1);
  const Grouping grouping = group_runs(runs, {kCell});
  std::vector<std::string> left_out;
  EXPECT_EQ(to_text(group_table(grouping, {kLoss}, false), 0, left_out),
            "cell  n  validation loss\n"
            "lstm  3    1.530 ± 0.017\n"
            "gru   3    1.627 ± 0.016\n");
  const std::string csv = to_csv(group_table(grouping, {kLoss}, true));
  EXPECT_THAT(csv, HasSubstr("model.many_to_many.cell,n,validation.loss.mean,validation.loss.sd,"
                             "validation.loss.n\nlstm,3,1.53,"));
  EXPECT_THAT(to_text(contrast_table(contrasts(grouping, kLoss)), 0, left_out),
              AllOf(HasSubstr("lstm against gru"), HasSubstr("3 pairs of seeds")));
}

TEST(Groups, AreSortedByAStatistic) {
  const std::vector<ComparedRun> runs = two_cells(3, -0.1);
  Grouping grouping = group_runs(runs, {kCell});
  sort_groups(grouping, "validation.loss", false);
  EXPECT_EQ(grouping.groups[0].name(), "gru");
  sort_groups(grouping, kCell, true);
  EXPECT_EQ(grouping.groups[0].name(), "lstm");
}

}  // namespace
}  // namespace unroll::comparison
