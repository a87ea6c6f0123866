#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <core/error_of.hpp>
#include <unroll/core/error.hpp>
#include <unroll/results/archive_rows.hpp>

namespace unroll {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// The text of the Error(run) that `body` throws.
template <typename Body>
std::string refusal(Body body) {
  try {
    body();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), Failure::run);
    return error.what();
  }
  return "nothing thrown";
}

Archive row_of(double radius, std::vector<std::int64_t> counts) {
  Archive row;
  row.put("layer/radius", radius);
  row.put("counts", Array{{std::ssize(counts)}, counts, {{"unit", "values"}}});
  return row;
}

Archive three_rows() {
  Archive table;
  append_row(table, 1, row_of(0.5, {1, 2}));
  append_row(table, 10, row_of(0.6, {3, 4}));
  append_row(table, 20, row_of(0.7, {5, 6}));
  return table;
}

TEST(ArchiveRows, GrowInTheirFirstDimension) {
  const Archive table = three_rows();
  EXPECT_THAT(row_steps(table), ElementsAre(1, 10, 20));
  EXPECT_THAT(table.array("layer/radius").shape, ElementsAre(3));
  EXPECT_EQ(std::get<std::vector<double>>(table.array("layer/radius").values),
            (std::vector<double>{0.5, 0.6, 0.7}));
  EXPECT_THAT(table.array("counts").shape, ElementsAre(3, 2));
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(table.array("counts").values),
            (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(table.array("counts").attributes.at("unit"), "values");
}

TEST(ArchiveRows, SomeAreKept) {
  Archive table = three_rows();
  keep_rows(table, [](std::int64_t step) { return step != 10; });
  EXPECT_THAT(row_steps(table), ElementsAre(1, 20));
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(table.array("counts").values),
            (std::vector<std::int64_t>{1, 2, 5, 6}));
  keep_rows(table, [](std::int64_t) { return false; });
  EXPECT_THAT(table.entries(), IsEmpty());
  EXPECT_THAT(row_steps(table), IsEmpty());
  append_row(table, 3, row_of(1, {7, 8, 9}));
  EXPECT_THAT(table.array("counts").shape, ElementsAre(1, 3));
}

TEST(ArchiveRows, AreAlike) {
  Archive table = three_rows();
  EXPECT_THAT(refusal([&] {
                append_row(table, 30, row_of(1, {1, 2, 3}));
              }),
              HasSubstr("the rows of 'counts' are not alike: [3] after [3, 2]"));
  Archive less;
  less.put("layer/radius", 1.0);
  EXPECT_THAT(refusal([&] { append_row(table, 30, less); }), HasSubstr("lacks 'counts'"));
  Archive more = row_of(1, {1, 2});
  more.put("new", 1.0);
  EXPECT_THAT(refusal([&] { append_row(table, 30, more); }),
              HasSubstr("'new' is in no row before that of step 30"));
  Archive other = row_of(1, {1, 2});
  other.put("layer/radius", std::int64_t{1});
  EXPECT_THAT(refusal([&] { append_row(table, 30, other); }), HasSubstr("not alike"));
  EXPECT_THAT(row_steps(table), ElementsAre(1, 10, 20)) << "a refusal changes nothing";
}

TEST(ArchiveRows, DamagedTables) {
  Archive table = three_rows();
  table.put("stray", Array{{2}, std::vector<double>{1, 2}, {}});
  EXPECT_THAT(error_of([&] { keep_rows(table, [](auto step) { return step < 5; }); }),
              HasSubstr("'stray' is [2] beside 3 steps"));
}

}  // namespace
}  // namespace unroll
