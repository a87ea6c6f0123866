#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/metrics/confusion.hpp>

namespace unroll::metrics {
namespace {

using testing::ElementsAre;

const std::vector<std::int32_t> kTargets{0, 0, 0, 1, 1, 2, 2, 2, 2, 0};
const std::vector<std::int32_t> kPredictions{0, 1, 0, 1, 2, 2, 2, 0, 2, 0};

TEST(Confusion, RowsAreTargets) {
  const ConfusionMatrix matrix(3, kPredictions, kTargets);
  EXPECT_THAT(matrix.counts(), ElementsAre(3, 1, 0, 0, 1, 1, 1, 0, 3));
  EXPECT_EQ(matrix.count(0, 1), 1);
  EXPECT_EQ(matrix.count(1, 0), 0);
  EXPECT_EQ(matrix.support(0), 4);
  EXPECT_EQ(matrix.predicted(1), 2);
  EXPECT_EQ(matrix.examples(), 10);
}

// By hand; sklearn.metrics' classification_report and balanced_accuracy_score say the same.
TEST(Confusion, Figures) {
  const ConfusionMatrix matrix(3, kPredictions, kTargets);
  EXPECT_DOUBLE_EQ(matrix.accuracy(), 0.7);
  EXPECT_DOUBLE_EQ(matrix.precision(0), 3.0 / 4);
  EXPECT_DOUBLE_EQ(matrix.recall(0), 3.0 / 4);
  EXPECT_DOUBLE_EQ(matrix.f1(0), 3.0 / 4);
  EXPECT_DOUBLE_EQ(matrix.precision(1), 1.0 / 2);
  EXPECT_DOUBLE_EQ(matrix.recall(1), 1.0 / 2);
  EXPECT_DOUBLE_EQ(matrix.precision(2), 3.0 / 4);
  EXPECT_DOUBLE_EQ(matrix.recall(2), 3.0 / 4);
  EXPECT_DOUBLE_EQ(matrix.macro_f1(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(matrix.balanced_accuracy(), 2.0 / 3);
}

// scikit-learn: what cannot be divided is 0; a class nowhere to be seen is none of the macro
// mean's, and a class without targets none of the balanced accuracy's.
TEST(Confusion, ClassesThatDoNotOccur) {
  ConfusionMatrix matrix(4);
  matrix.add(0, 0);
  matrix.add(2, 0);  // class 2 is predicted, but never true; 3 is neither
  matrix.add(0, 1);  // class 1 is true, but never predicted
  EXPECT_EQ(matrix.precision(1), 0);
  EXPECT_EQ(matrix.recall(2), 0);
  EXPECT_EQ(matrix.f1(3), 0);
  EXPECT_DOUBLE_EQ(matrix.f1(0), 0.5);
  EXPECT_DOUBLE_EQ(matrix.macro_f1(), 0.5 / 3);
  EXPECT_DOUBLE_EQ(matrix.macro_precision(), 0.5 / 3);
  EXPECT_DOUBLE_EQ(matrix.macro_recall(), 0.5 / 3);
  EXPECT_DOUBLE_EQ(matrix.balanced_accuracy(), 0.25);
}

TEST(Confusion, OfNothingIsZero) {
  const ConfusionMatrix matrix(2);
  EXPECT_EQ(matrix.accuracy(), 0);
  EXPECT_EQ(matrix.macro_f1(), 0);
  EXPECT_EQ(matrix.balanced_accuracy(), 0);
}

TEST(Confusion, RefusesOtherLabels) {
  ConfusionMatrix matrix(3);
  EXPECT_THAT([&] { matrix.add(3, 0); },
              testing::ThrowsMessage<Error>("confusion matrix: label 3 is none of 0 to 2"));
  EXPECT_THROW(matrix.add(0, -1), Error);
  EXPECT_EQ(matrix.examples(), 0);
  EXPECT_THROW(ConfusionMatrix(3, kPredictions, std::span(kTargets).first(4)), Error);
}

}  // namespace
}  // namespace unroll::metrics
