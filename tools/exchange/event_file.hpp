// TensorBoard's event files: records of protobuf messages, each with its length and checksums.
//
//   record = length (uint64) masked-crc(length) (uint32) message masked-crc(message) (uint32)
//
// all little-endian, where masked-crc(x) rotates the CRC-32C of x right by 15 bits and adds
// 0xa282ead8 (TensorFlow's TFRecord). The first message names the version, "brain.Event:2".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

/// CRC-32C (Castagnoli).
std::uint32_t crc32c(std::string_view bytes);
/// The same as TFRecord has it.
std::uint32_t masked_crc32c(std::string_view bytes);

/// Counts in bins between low and high, all of one width; where low = high, the first has them all.
struct EventHistogram {
  double low = 0, high = 0;
  std::vector<std::int64_t> counts;
};

/// One event file. Times are seconds since 1970.
class EventFile {
 public:
  explicit EventFile(double created);

  void scalar(const std::string& tag, std::int64_t step, double time, double value,
              const std::string& unit);
  /// Shown as Markdown, so that a text should stand in a block of code.
  void text(const std::string& tag, std::int64_t step, double time, const std::string& text);
  void histogram(const std::string& tag, std::int64_t step, double time,
                 const EventHistogram& histogram);

  const std::string& bytes() const noexcept { return bytes_; }

 private:
  void record(std::string_view message);

  std::string bytes_;
};

}  // namespace unroll
