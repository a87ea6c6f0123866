// Tables: columns of an overview, the forms they are written in, fitting a terminal.
#include <gmock/gmock.h>

#include <unroll/comparison/overview.hpp>
#include <unroll/core/error.hpp>

#include "comparison/made_runs.hpp"

namespace unroll::comparison {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::ThrowsMessage;

std::vector<ComparedRun> runs() {
  return {made_run("lstm", 1, {2.0, 1.5, 1.6}), made_run("gru", 1, {2.1, 1.7}),
          made_run("gru", 2, {2.2, 1.65})};
}

TEST(Overview, ShowsWhatDiffersAndWhatWasReached) {
  const std::vector<ComparedRun> all = runs();
  const std::vector<std::string> columns = usual_columns(all);
  EXPECT_THAT(columns, ElementsAre("seed", "model.many_to_many.cell", "validation.loss",
                                   "validation.loss.best", "step", "status"));
  std::vector<std::string> left_out;
  EXPECT_EQ(to_text(overview(all, columns), 0, left_out),
            "run    seed  cell  validation loss  best validation loss  step  status\n"
            "lstm1     1  lstm           1.6000                1.5000    30  completed\n"
            "gru1      1  gru            1.7000                1.7000    20  completed\n"
            "gru2      2  gru            1.6500                1.6500    20  completed\n");
  EXPECT_THAT(left_out, IsEmpty());
}

TEST(Overview, NamesAreResolved) {
  const std::vector<ComparedRun> all = runs();
  EXPECT_EQ(resolve("cell", all), "model.many_to_many.cell");
  EXPECT_EQ(resolve("validation/loss", all), "validation.loss");
  EXPECT_EQ(resolve("validation.loss.best", all), "validation.loss.best");
  EXPECT_EQ(resolve("status", all), "status");
  EXPECT_EQ(resolve("loss", all), "validation.loss");
  const auto refused = [&](const char* name, const char* says) {
    EXPECT_THAT([&] { resolve(name, all); }, ThrowsMessage<Error>(HasSubstr(says))) << name;
  };
  refused("validation.los", "did you mean 'validation.loss'?");
  refused("batchs", "did you mean 'batch'?");
  refused("validation.loss.worst", "no run has a setting or figure 'validation.loss.worst'");
}

TEST(Overview, RunsAreSorted) {
  std::vector<ComparedRun> all = runs();
  all.push_back(made_run("runs/without.h5", "seed: 3", {}));
  sort_runs(all, "validation.loss", false);
  EXPECT_THAT(short_files(all), ElementsAre("lstm1", "gru2", "gru1", "without"));
  sort_runs(all, "validation.loss", true);
  EXPECT_THAT(short_files(all), ElementsAre("gru1", "gru2", "lstm1", "without"));
}

Table odd() {
  Table table;
  table.add({"name", "name", false}, {{"漢字 & |", "漢字 & |"}, {"a_b\x1b[1m", "a_b\x1b[1m"}});
  table.add({"x.y", "y", true}, {{"1.50", "1.5"}, {"-", ""}});
  return table;
}

TEST(Table, IsAlignedByColumnsOfTheTerminal) {
  std::vector<std::string> left_out;
  EXPECT_EQ(to_text(odd(), 0, left_out),
            "name           y\n"
            "漢字 & |    1.50\n"
            "a_b\\x1b[1m     -\n");
}

TEST(Table, FitsTheTerminal) {
  Table table = odd();
  table.add({"z", "a long title of text", false}, {{"", ""}, {"", ""}});
  std::vector<std::string> left_out;
  for (const std::string text = to_text(table, 24, left_out); const char c : text)
    EXPECT_TRUE(c != '\x1b');
  EXPECT_THAT(left_out, IsEmpty());
  EXPECT_THAT(to_text(table, 24, left_out), HasSubstr("a long …"));
  to_text(table, 16, left_out);
  EXPECT_THAT(left_out, ElementsAre("z"));
}

TEST(Table, OtherForms) {
  EXPECT_EQ(to_markdown(odd()),
            "| name | y |\n| --- | ---: |\n| 漢字 & \\| | 1.50 |\n| a_b\\\\x1b[1m | - |\n");
  EXPECT_EQ(to_csv(odd()), "name,x.y\n漢字 & |,1.5\na_b\x1b[1m,\n");
  EXPECT_THAT(to_latex(odd()), HasSubstr("漢字 \\& | & 1.50 \\\\\n"));
  EXPECT_THAT(to_latex(odd()), HasSubstr("a\\_b\\textbackslash{}x1b[1m & - \\\\"));
  Table quoted;
  quoted.add({"a,b", "a", false}, {{"x", "say \"x\"\nand"}});
  EXPECT_EQ(to_csv(quoted), "\"a,b\"\n\"say \"\"x\"\"\nand\"\n");
}

TEST(Table, DecimalsFollowTheColumn) {
  const auto shown = [](const std::vector<Value>& values) {
    std::vector<std::string> texts;
    for (const Cell& cell : cells_of(values)) texts.push_back(cell.shown);
    return texts;
  };
  EXPECT_THAT(shown({64.0, 128.0, {}}), ElementsAre("64", "128", "-"));
  EXPECT_THAT(shown({1.5, 2.0}), ElementsAre("1.5000", "2.0000"));
  EXPECT_THAT(shown({0.0001, 0.01}), ElementsAre("0.0001", "0.01"));
  EXPECT_THAT(shown({std::string("x"), 2.5}), ElementsAre("x", "2.5000"));
}

TEST(Figures, BestFollowsTheMetric) {
  MetricTable table;
  table.append(1, {{"loss", 2, ""}, {"accuracy", 0.5, ""}});
  table.append(2, {{"loss", 1, ""}, {"accuracy", 0.9, ""}});
  table.append(3, {{"loss", 1, ""}, {"accuracy", 0.4, ""}});
  EXPECT_EQ(best_of(table, "loss")->step, 2);
  EXPECT_EQ(best_of(table, "accuracy")->value, 0.9);
  EXPECT_FALSE(best_of(table, "bleu"));
  RunRecord record;
  record.metrics["test"] = table;
  EXPECT_EQ(figure(record, *FigureName::parse("test.accuracy")), 0.4);
  EXPECT_EQ(figure(record, *FigureName::parse("test.accuracy.first")), 0.5);
  EXPECT_EQ(figure(record, *FigureName::parse("test.accuracy.best_step")), 2);
  EXPECT_EQ(figure(record, *FigureName::parse("train.accuracy")), std::nullopt);
  EXPECT_FALSE(FigureName::parse("training.batch"));
}

}  // namespace
}  // namespace unroll::comparison
