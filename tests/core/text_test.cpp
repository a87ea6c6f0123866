#include <gmock/gmock.h>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

using namespace std::string_literals;

const std::vector<std::string> kCells{"gru", "lstm", "rnn", "minimal_gated_unit"};

TEST(Text, FindsNearWords) {
  EXPECT_EQ(did_you_mean("lstn", kCells), "; did you mean 'lstm'?");
  EXPECT_EQ(did_you_mean("ltsm", kCells), "; did you mean 'lstm'?");  // two letters swapped
  EXPECT_EQ(did_you_mean("LSTM", kCells), "; did you mean 'lstm'?");
  EXPECT_EQ(did_you_mean("minimalgatedunit", kCells), "; did you mean 'minimal_gated_unit'?");
  EXPECT_EQ(did_you_mean("transformer", kCells), "");
  EXPECT_EQ(did_you_mean("", kCells), "");
  EXPECT_EQ(did_you_mean(std::string(100000, 'x'), kCells), "");
  const std::vector<std::string> letters{"y"};
  EXPECT_EQ(nearest("x", letters), std::nullopt);
}

TEST(Text, Joins) {
  EXPECT_EQ(join(kCells), "gru, lstm, rnn, minimal_gated_unit");
  EXPECT_EQ(join({}), "");
}

TEST(Text, FindsTheFirstByteThatIsNotUtf8) {
  EXPECT_EQ(first_invalid_utf8("héllo, κόσμε, 世界, 😀"), std::nullopt);
  EXPECT_EQ(first_invalid_utf8(""), std::nullopt);
  EXPECT_EQ(first_invalid_utf8("ab\xff"), 2u);
  EXPECT_EQ(first_invalid_utf8("ab\x80"), 2u);            // a continuation alone
  EXPECT_EQ(first_invalid_utf8("a\xc3"), 1u);             // cut off
  EXPECT_EQ(first_invalid_utf8("a\xe4\xb8"), 1u);         // cut off
  EXPECT_EQ(first_invalid_utf8("\xc0\xaf"), 0u);          // overlong
  EXPECT_EQ(first_invalid_utf8("\xe0\x80\xaf"), 0u);      // overlong
  EXPECT_EQ(first_invalid_utf8("x\xed\xa0\x80"), 1u);     // a surrogate
  EXPECT_EQ(first_invalid_utf8("\xf4\x90\x80\x80"), 0u);  // beyond U+10FFFF
  EXPECT_EQ(first_invalid_utf8("\xf4\x8f\xbf\xbf"), std::nullopt);
  EXPECT_EQ(first_invalid_utf8("\0a\xfe"s), 2u);
}

TEST(Text, WritesAmountsForPeople) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1200), "1.20 kB");
  EXPECT_EQ(human_bytes(34'500'000), "34.5 MB");
  EXPECT_EQ(human_bytes(999'999), "1.00 MB");
  EXPECT_EQ(human_count(1'230'000), "1.23 M");
  EXPECT_EQ(human_count(45'600), "45.6 k");
  EXPECT_EQ(human_count(12), "12");
  EXPECT_EQ(human_count(3.14159), "3.14");
  EXPECT_EQ(human_seconds(0), "0 s");
  EXPECT_EQ(human_seconds(0.00004), "40 µs");
  EXPECT_EQ(human_seconds(0.35), "350 ms");
  EXPECT_EQ(human_seconds(8.34), "8.3 s");
  EXPECT_EQ(human_seconds(59.97), "1 min 00 s");
  EXPECT_EQ(human_seconds(125), "2 min 05 s");
  EXPECT_EQ(human_seconds(3720), "1 h 02 min");
  EXPECT_EQ(human_seconds(-1), "unknown");
}

TEST(Mark, TextIsWhatIsKnown) {
  const auto file = std::make_shared<const std::string>("x.yaml");
  EXPECT_EQ((Mark{file, 7, 5}.text()), "x.yaml:7:5");
  EXPECT_EQ((Mark{file, 7, 0}.text()), "x.yaml:7");
  EXPECT_EQ((Mark{file, 0, 0}.text()), "x.yaml");
  EXPECT_EQ((Mark{nullptr, 7, 5}.text()), "line 7:5");
  EXPECT_EQ(Mark{}.text(), "");
}

TEST(Error, CarriesItsExitCode) {
  try {
    fail(Failure::data, "{} of {}", 1, "x");
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "1 of x");
    EXPECT_EQ(error.exit_code(), 4);
  }
}

}  // namespace
}  // namespace unroll
