#include <unroll/model/unknown_labels.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error_of.hpp"

namespace unroll {
namespace {

Splits splits() {
  Splits all;
  all.train = {{.text = "a", .label = "odd"}, {.text = "b", .label = "even"}};
  all.validation = {{.text = "c", .label = "even"}, {.text = "d"}};
  all.test = {{.text = "e", .label = "evn", .origin = "t.tsv:3"},
              {.text = "f", .label = "odd"},
              {.text = "g", .label = "prime", .origin = "t.tsv:5"}};
  return all;
}

TEST(UnknownLabels, AreRefusedWithTheirPlace) {
  Splits all = splits();
  BadExamples bad("fail");
  EXPECT_THAT(error_of([&] { refuse_unknown_labels(all, bad); }),
              testing::AllOf(testing::HasSubstr("t.tsv:3: the label 'evn' does not occur in the "
                                                "training split; did you mean 'even'?"),
                             testing::HasSubstr("on_error: skip")));
}

TEST(UnknownLabels, AreSkippedAndCounted) {
  Splits all = splits();
  BadExamples bad("skip");
  refuse_unknown_labels(all, bad);
  EXPECT_EQ(bad.count(), 2);
  EXPECT_EQ(all.train.size(), 2U);
  EXPECT_EQ(all.validation.size(), 2U) << "an example without a label stays";
  ASSERT_EQ(all.test.size(), 1U);
  EXPECT_EQ(all.test[0].text, "f");
}

}  // namespace
}  // namespace unroll
