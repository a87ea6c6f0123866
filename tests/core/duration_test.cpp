#include <gmock/gmock.h>

#include <unroll/core/duration.hpp>
#include <unroll/core/error.hpp>

namespace unroll {
namespace {

TEST(Duration, IsReadAsPeopleWriteIt) {
  EXPECT_EQ(parse_duration("90"), 90);
  EXPECT_EQ(parse_duration("0.5"), 0.5);
  EXPECT_EQ(parse_duration("90s"), 90);
  EXPECT_EQ(parse_duration("10m"), 600);
  EXPECT_EQ(parse_duration("1.5h"), 5400);
  EXPECT_EQ(parse_duration("2h30m"), 9000);
  EXPECT_EQ(parse_duration("1d2h3m4s"), 93784);
}

TEST(Duration, RefusesWhatMeansNothingOrSomethingElse) {
  for (const char* text : {"", "s", "m10", "10 m", "-5", "1e3", "nan", "inf", "10x", "30m2h",
                           "1h1h", "2h30", "0", "0s", "1:30", "10ms"})
    try {
      parse_duration(text);
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), Failure::usage) << text;
      EXPECT_THAT(error.what(), testing::HasSubstr("is no duration; write seconds, or 90s"));
    }
  EXPECT_THROW(parse_duration("1001d"), Error);
}

}  // namespace
}  // namespace unroll
