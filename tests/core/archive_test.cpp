#include <gmock/gmock.h>

#include <unroll/core/archive.hpp>
#include <unroll/core/error.hpp>

#include "core/error_of.hpp"

namespace unroll {
namespace {

TEST(Archive, GivesBackWhatWasPut) {
  Archive archive;
  archive.put("rate", 0.25);
  archive.put("step", std::int64_t{7});
  archive.put("name", std::string("adam"));
  archive.put("m", Array{{2}, std::vector<float>{1, 2}, {{"axes", "hidden"}}});
  EXPECT_EQ(archive.number("rate"), 0.25);
  EXPECT_EQ(archive.number("step"), 7);
  EXPECT_EQ(archive.integer("step"), 7);
  EXPECT_EQ(archive.text("name"), "adam");
  EXPECT_EQ(archive.array("m").attributes.at("axes"), "hidden");
  EXPECT_TRUE(archive.has("m"));
  EXPECT_FALSE(archive.has("v"));
}

TEST(Archive, SaysWhatIsMissingOrWrong) {
  Archive archive;
  archive.put("name", std::string("adam"));
  archive.put("m", Array{{2}, std::vector<float>{1, 2}, {}});
  EXPECT_EQ(error_of([&] { archive.array("nam"); }),
            "the saved state lacks 'nam'; did you mean 'name'?");
  EXPECT_EQ(error_of([&] { archive.integer("name"); }),
            "the saved 'name' is not a single number of the type that is expected");
  EXPECT_EQ(error_of([&] { archive.number("m"); }),
            "the saved 'm' is not a single number of the type that is expected");
  EXPECT_EQ(error_of([&] { archive.text("m"); }), "the saved 'm' is not a single text");
}

TEST(Archive, NestsByPrefix) {
  Archive inner;
  inner.put("h", 1.0);
  inner.put("c", 2.0);
  Archive outer;
  outer.put("state", 0.0);
  outer.put("state-of-mind", 9.0);
  outer.merge("state/layer0", inner);
  EXPECT_EQ(outer.number("state/layer0/h"), 1.0);
  EXPECT_EQ(outer.below("state").entries().size(), 2u);
  EXPECT_EQ(outer.below("state").below("layer0").number("c"), 2.0);
  EXPECT_TRUE(outer.below("nothing").entries().empty());
}

}  // namespace
}  // namespace unroll
