#include "npy.hpp"

#include <fmt/ranges.h>

#include <bit>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kAlignment = 64;

template <typename T>
constexpr const char* kTypeName = nullptr;
template <>
constexpr const char* kTypeName<float> = "<f4";
template <>
constexpr const char* kTypeName<double> = "<f8";
template <>
constexpr const char* kTypeName<std::int32_t> = "<i4";
template <>
constexpr const char* kTypeName<std::int64_t> = "<i8";
template <>
constexpr const char* kTypeName<std::uint8_t> = "|u1";

/// A shape as Python writes it: (), (3,), (3, 4).
std::string tuple(const std::vector<std::int64_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

}  // namespace

std::string to_npy(const Array& array) {
  std::string data;
  const char* type = std::visit(
      [&](const auto& values) {
        using Number = typename std::decay_t<decltype(values)>::value_type;
        if constexpr (std::is_arithmetic_v<Number>) {
          if (!values.empty())
            data.assign(reinterpret_cast<const char*>(values.data()),
                        values.size() * sizeof(Number));
        }
        return kTypeName<Number>;
      },
      array.values);
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
