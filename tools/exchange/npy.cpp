#include "npy.hpp"

#include <fmt/ranges.h>

#include <unroll/core/error.hpp>

#include "element_type.hpp"

namespace unroll {
namespace {

constexpr std::size_t kAlignment = 64;

/// A shape as Python writes it: (), (3,), (3, 4).
std::string tuple(const std::vector<std::int64_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

}  // namespace

std::string to_npy(const Array& array) {
  std::string data;
  const char* type = append_numbers(array, data).npy;
  if (type == nullptr) fail(Failure::run, "texts cannot be written as an NPY array");
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}", type,
                                   tuple(array.shape));
  const std::size_t before = 10;  // magic, version and the header's length
  header.append(kAlignment - (before + header.size() + 1) % kAlignment, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY\x01";
  bytes += '\0';
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + data;
}

Array bytes_as_array(std::string_view text) {
  std::vector<std::uint8_t> bytes(text.begin(), text.end());
  return {{static_cast<std::int64_t>(bytes.size())}, std::move(bytes), {}};
}

std::string array_as_bytes(const Array& array) {
  const auto* bytes = std::get_if<std::vector<std::uint8_t>>(&array.values);
  return bytes == nullptr ? std::string() : std::string(bytes->begin(), bytes->end());
}

}  // namespace unroll
