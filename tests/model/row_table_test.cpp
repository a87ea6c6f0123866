#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include <unroll/model/row_table.hpp>
#include "core/error_of.hpp"
#include "results/scratch.hpp"

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RowTable : public testing::Test {
 protected:
  RowTable() {
    options.text = "1";
    options.label = "2";
    for (std::size_t i = 0; i < items.size(); ++i)
      items.examples[i].example.origin = "item " + std::to_string(i + 1);
  }
  void add(const std::string& content, const std::string& on_error) {
    std::ofstream(folder / "t.csv") << content;
    BadExamples bad(on_error);
    add_row_table(items, options, folder / "t.csv", bad);
    count = bad.count();
  }
  /// What is left, as "item: text/label".
  std::vector<std::string> left() {
    std::vector<std::string> all;
    for (const Grouped& grouped : items.usable())
      all.push_back(grouped.example.origin + ": " + grouped.example.text + "/" +
                    grouped.example.label);
    return all;
  }

  Scratch folder;
  RowTableOptions options;
  Items items{3};
  std::int64_t count = 0;
};

TEST_F(RowTable, RowsBelongToItems) {
  add("one,a\ntwo,b\nthree,a\n", "fail");
  EXPECT_THAT(left(), ElementsAre("item 1: one/a", "item 2: two/b", "item 3: three/a"));
  EXPECT_TRUE(items.fields.text && items.fields.label);
}

TEST_F(RowTable, ASkippedRowTakesItsItemAndMovesNoOther) {
  add("one,a\ntwo\nthree,a\n", "skip");
  EXPECT_THAT(left(), ElementsAre("item 1: one/a", "item 3: three/a"));
  EXPECT_EQ(count, 1);
}

TEST_F(RowTable, ARowOfBadQuotingIsARowToo) {
  add("\"one\"x,a\ntwo,b\nthree,\n", "skip");
  EXPECT_THAT(left(), ElementsAre("item 2: two/b"));
  EXPECT_EQ(count, 2);
}

TEST_F(RowTable, AHeaderIsNoRow) {
  options.header = true;
  options.text = "words";
  options.label = "kind";
  add("kind,words\na,one\nb,two\nc,three\n", "fail");
  EXPECT_THAT(left(), ElementsAre("item 1: one/a", "item 2: two/b", "item 3: three/c"));
}

TEST_F(RowTable, CountsThatDifferAreRefusedEvenWhereRowsMayBeSkipped) {
  EXPECT_THAT(error_of([&] { add("one,a\ntwo\n", "skip"); }),
              HasSubstr("t.csv:1: 2 rows for 3 items, the first without is item 3"));
  EXPECT_THAT(error_of([&] { add("one,a\n\ntwo,b\nthree,c\nfour,d\nfive,e\n", "fail"); }),
              HasSubstr("t.csv:5: 5 rows for 3 items, the last is item 3"));
}

TEST_F(RowTable, NumbersBecomeClassNames) {
  BadExamples bad("skip");
  add_numbered_labels(items, {1, 2, 0}, {"no", "yes"}, "labels.npy", bad);
  EXPECT_THAT(left(), ElementsAre("item 1: /yes", "item 3: /no"));
  BadExamples strict("fail");
  EXPECT_THAT(error_of([&] {
                add_numbered_labels(items, {-1, 0, 0}, {"no"}, "labels.npy", strict);
              }),
              HasSubstr("labels.npy: class -1 of item 1, but there are 1 class_names"));
}

}  // namespace
}  // namespace unroll
