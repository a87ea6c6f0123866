#include "event_file.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "tensorboard.pb.h"

namespace unroll {
namespace {

namespace proto = tensorboard;

static_assert(std::endian::native == std::endian::little);

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // Castagnoli's, bits reversed
constexpr std::int32_t kStringType = 7;

constexpr std::array<std::uint32_t, 256> table() {
  std::array<std::uint32_t, 256> result{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
    result[byte] = crc;
  }
  return result;
}

template <typename T>
void append(std::string& bytes, T number) {
  std::array<char, sizeof(T)> raw{};
  std::memcpy(raw.data(), &number, sizeof(T));
  bytes.append(raw.data(), raw.size());
}

proto::Event event(std::int64_t step, double time) {
  proto::Event event;
  event.set_wall_time(time);
  event.set_step(step);
  return event;
}

proto::Value& value_of(proto::Event& event, const std::string& tag, const char* plugin) {
  proto::Value& value = *event.mutable_summary()->add_value();
  value.set_tag(tag);
  value.mutable_metadata()->mutable_plugin_data()->set_plugin_name(plugin);
  return value;
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = table();
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 255] ^ crc >> 8;
  return ~crc;
}

std::uint32_t masked_crc32c(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8;
}

EventFile::EventFile(double created) {
  proto::Event first = event(0, created);
  first.set_file_version("brain.Event:2");
  record(first.SerializeAsString());
}

void EventFile::record(std::string_view message) {
  std::string length;
  append(length, static_cast<std::uint64_t>(message.size()));
  bytes_ += length;
  append(bytes_, masked_crc32c(length));
  bytes_ += message;
  append(bytes_, masked_crc32c(message));
}

void EventFile::scalar(const std::string& tag, std::int64_t step, double time, double value,
                       const std::string& unit) {
  proto::Event added = event(step, time);
  proto::Value& shown = value_of(added, tag, "scalars");
  shown.set_simple_value(static_cast<float>(value));
  if (!unit.empty()) shown.mutable_metadata()->set_summary_description(unit);
  record(added.SerializeAsString());
}

void EventFile::text(const std::string& tag, std::int64_t step, double time,
                     const std::string& text) {
  proto::Event added = event(step, time);
  proto::Tensor& tensor = *value_of(added, tag, "text").mutable_tensor();
  tensor.set_dtype(kStringType);
  tensor.mutable_tensor_shape()->add_dim()->set_size(1);
  tensor.add_string_val(text);
  record(added.SerializeAsString());
}

void EventFile::histogram(const std::string& tag, std::int64_t step, double time,
                          const EventHistogram& histogram) {
  proto::Event added = event(step, time);
  proto::Histogram& shown = *value_of(added, tag, "histograms").mutable_histo();
  const double width =
      (histogram.high - histogram.low) / static_cast<double>(histogram.counts.size());
  shown.set_min(histogram.low);
  shown.set_max(histogram.high);
  double count = 0, sum = 0, squares = 0;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    const double middle = histogram.low + (static_cast<double>(i) + 0.5) * width;
    const auto here = static_cast<double>(histogram.counts[i]);
    count += here;
    sum += here * middle;
    squares += here * middle * middle;
    if (i > 0 && width == 0) continue;
    shown.add_bucket_limit(histogram.low + static_cast<double>(i + 1) * width);
    shown.add_bucket(here);
  }
  shown.set_num(count);
  shown.set_sum(sum);
  shown.set_sum_squares(squares);
  record(added.SerializeAsString());
}

}  // namespace unroll
