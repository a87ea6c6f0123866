#include <gmock/gmock.h>

#include <unroll/training/held_out.hpp>
#include <unroll/training/trainer.hpp>

namespace unroll::test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Expectation, ReadsASplitsFigureAndItsBound) {
  const Expectation read = Expectation::parse(" test/bleu>= 13.8");
  EXPECT_EQ(read.text(), "test/bleu >= 13.8");
  EXPECT_TRUE(read.met_by(13.8));
  EXPECT_FALSE(read.met_by(13.7999));
  EXPECT_FALSE(read.met_by(std::nan("")));
  EXPECT_TRUE(Expectation::parse("train/loss < 1e-2").met_by(0.009));
  EXPECT_FALSE(Expectation::parse("train/loss < 1e-2").met_by(0.01));
  EXPECT_TRUE(Expectation::parse("train/loss <= 0.01").met_by(0.01));
  EXPECT_FALSE(Expectation::parse("train/loss > 0.01").met_by(0.01));
}

TEST(Expectation, SaysWhatIsWrong) {
  const auto parsing = [](const char* text) { return [text] { Expectation::parse(text); }; };
  const auto says = [](const char* text) {
    return ThrowsMessage<std::invalid_argument>(HasSubstr(text));
  };
  EXPECT_THAT(parsing("test/bleu = 3"), says("no <, <=, > or >="));
  EXPECT_THAT(parsing("bleu > 3"), says("split/figure"));
  EXPECT_THAT(parsing("validaton/loss < 3"), says("did you mean 'validation'?"));
  EXPECT_THAT(parsing("test/loss < three"), says("'three' is no number"));
}

Summary summary() {
  Summary summary;
  summary.train = {30, 20, 10, 0};
  summary.validation = Figures{10, 10, 9, 0};
  summary.validation_metrics = {{"macro_f1", 0.5, "1"}};
  return summary;
}

TEST(Judgements, HoldEachSplitsFiguresAgainstTheirBounds) {
  std::vector<Expectation> wanted;
  for (const char* text : {"train/loss < 1.6", "validation/accuracy >= 0.95",
                           "validation/macro_f1 > 0.4", "test/accuracy > 0"})
    wanted.push_back(Expectation::parse(text));
  const std::vector<Judgement> judged = judge(wanted, summary(), Task::Goal::label);
  ASSERT_EQ(judged.size(), 4U);
  EXPECT_EQ(judged[0].reached, 1.5);
  EXPECT_TRUE(judged[0].met);
  EXPECT_EQ(judged[1].reached, 0.9);
  EXPECT_FALSE(judged[1].met);
  EXPECT_EQ(judged[2].reached, 0.5);
  EXPECT_TRUE(judged[2].met);
  EXPECT_EQ(judged[3].reached, std::nullopt) << "there is no test split";
  EXPECT_FALSE(judged[3].met);
}

TEST(Judgements, AreOfFiguresThatTheTaskHas) {
  const std::vector<Expectation> wanted{Expectation::parse("validation/acuracy > 0.5")};
  EXPECT_THAT([&] { check_figures(wanted, Task::Goal::label); },
              ThrowsMessage<Error>(HasSubstr("did you mean 'accuracy'?")));
  const std::vector<Expectation> bleu{Expectation::parse("test/bleu > 0.5")};
  EXPECT_NO_THROW(check_figures(bleu, Task::Goal::text));
  EXPECT_THROW(check_figures(bleu, Task::Goal::label), Error);
}

}  // namespace
}  // namespace unroll::test
