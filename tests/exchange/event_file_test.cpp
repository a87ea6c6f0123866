// Event files: framing and checksums by the format's own documentation, messages by hand.
#include <gtest/gtest.h>

#include <cstring>
#include <tuple>

#include "../../tools/exchange/event_file.hpp"
#include "../../tools/exchange/tensorboard.hpp"

namespace unroll {
namespace {

template <typename T>
T number_at(const std::string& bytes, std::size_t at) {
  T number;
  std::memcpy(&number, bytes.data() + at, sizeof(T));
  return number;
}

/// The messages of a file, each checked.
std::vector<std::string> messages(const std::string& bytes) {
  std::vector<std::string> found;
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto length = number_at<std::uint64_t>(bytes, at);
    EXPECT_EQ(number_at<std::uint32_t>(bytes, at + 8), masked_crc32c(bytes.substr(at, 8)));
    found.push_back(bytes.substr(at + 12, length));
    EXPECT_EQ(number_at<std::uint32_t>(bytes, at + 12 + length), masked_crc32c(found.back()));
    at += 16 + length;
  }
  EXPECT_EQ(at, bytes.size());
  return found;
}

TEST(Crc32c, IsThatOfRfc3720) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  EXPECT_EQ(crc32c(""), 0U);
  // ((crc >> 15) | (crc << 17)) + 0xa282ead8
  EXPECT_EQ(masked_crc32c("123456789"), 0xc78ab0e5U);
}

TEST(EventFile, HoldsMessagesInFrames) {
  EventFile file(2);
  file.scalar("loss", 3, 4, 0.5, "nats");
  const auto found = messages(file.bytes());
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0], std::string("\x09\0\0\0\0\0\0\0\x40\x1a\x0d", 11) + "brain.Event:2");
  const std::string metadata = "\x4a\x11\x0a\x09\x0a\x07scalars\x1a\x04nats";
  const std::string value = std::string("\x0a\x04loss\x15\0\0\0\x3f", 11) + metadata;
  EXPECT_EQ(found[1], std::string("\x09\0\0\0\0\0\0\x10\x40\x10\x03\x2a", 12) +
                          static_cast<char>(value.size() + 2) + "\x0a" +
                          static_cast<char>(value.size()) + value);
}

TEST(EventFile, HistogramsHaveTheirBinsEnds) {
  EventFile file(0);
  file.histogram("w", 1, 0, {-1, 1, {3, 1}});
  const std::string message = messages(file.bytes()).at(1);
  std::string expected;
  for (const double number : {-1.0, 1.0, 4.0, -1.0, 1.0}) {  // min, max, num, sum, sum of squares
    expected += static_cast<char>(8 * (expected.size() / 9 + 1) + 1);
    expected.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  for (const auto& [tag, one, other] :
       {std::tuple('\x32', 0.0, 1.0), std::tuple('\x3a', 3.0, 1.0)}) {
    expected += tag;
    expected += '\x10';
    expected.append(reinterpret_cast<const char*>(&one), sizeof one);
    expected.append(reinterpret_cast<const char*>(&other), sizeof other);
  }
  EXPECT_NE(message.find(expected), std::string::npos);
}

TEST(Tensorboard, HistogramsStandBesideTheFiguresOfTraining) {
  RunRecord run;
  run.created = "1970-01-01T00:01:40Z";
  run.histograms.put("step", Array{{2}, std::vector<std::int64_t>{1, 9}, {}});
  run.histograms.put("weights/a/W/counts",
                     Array{{2, 2}, std::vector<std::int64_t>{3, 1, 4, 0}, {}});
  run.histograms.put("weights/a/W/low", Array{{2}, std::vector<double>{-1, 5}, {}});
  run.histograms.put("weights/a/W/high", Array{{2}, std::vector<double>{1, 5}, {}});
  const auto files = tensorboard_files(run);
  ASSERT_EQ(files.size(), 1U);
  const auto found = messages(files[0].second);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_NE(found[1].find("weights/a/W"), std::string::npos);
  EXPECT_LT(found[2].size(), found[1].size());  // one bin where all values are the same
}

TEST(Tensorboard, StepsHaveTheTimesOfTheRun) {
  EXPECT_EQ(seconds_of("1970-01-02T00:00:01Z"), 86401);
  EXPECT_EQ(seconds_of("yesterday"), 0);
  RunRecord run;
  run.created = "1970-01-01T00:01:40Z";
  run.timing["train"].append(10, {{"seconds", 5, "s"}});
  run.metrics["validation"].append(5, {{"loss", 1, "nats"}});
  run.metrics["validation"].append(20, {{"loss", 1, "nats"}});
  const auto files = tensorboard_files(run);
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[1].first, "validation/events.out.tfevents.100.unroll");
  const auto found = messages(files[1].second);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(number_at<double>(found[1], 1), 102.5);  // halfway to the ten steps of five seconds
  EXPECT_EQ(number_at<double>(found[2], 1), 105);    // nothing is known of later
}

}  // namespace
}  // namespace unroll
