#include <gtest/gtest.h>

#include <unroll/core/archive_splice.hpp>

namespace unroll {
namespace {

TEST(Splice, MovesArraysAndKeepsWhatIsThere) {
  Archive from, into;
  from.put("m", Array{{3}, std::vector<float>{1, 2, 3}, {{"unit", "1"}}});
  from.put("deep/v", std::int64_t{7});
  into.put("step", std::int64_t{5});
  const float* values = std::get<std::vector<float>>(from.array("m").values).data();
  splice(into, "optimizer", std::move(from));
  ASSERT_EQ(into.entries().size(), 3U);
  EXPECT_EQ(into.integer("step"), 5);
  EXPECT_EQ(into.integer("optimizer/deep/v"), 7);
  const Array& moved = into.array("optimizer/m");
  EXPECT_EQ(std::get<std::vector<float>>(moved.values).data(), values);
  EXPECT_EQ(moved.attributes.at("unit"), "1");
}

}  // namespace
}  // namespace unroll
