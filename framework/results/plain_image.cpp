#include <unroll/results/plain_image.hpp>

#include <cstring>

#include <unroll/core/error.hpp>

namespace unroll::detail {

void Image::damaged(std::string_view what) const {
  fail(Failure::data, "{}: is damaged ({} makes no sense); restore it from a copy", name_, what);
}

std::string_view Image::at(std::uint64_t address, std::uint64_t size, std::string_view what) const {
  if (address > bytes_.size() || size > bytes_.size() - address) damaged(what);
  return bytes_.substr(address, size);
}

std::string_view Image::take(std::uint64_t address, std::uint64_t size, std::string_view what) {
  const std::string_view part = at(address, size, what);
  if (size > left_) damaged(what);
  left_ -= size;
  return part;
}

std::uint64_t Fields::number(std::size_t width) {
  std::uint64_t value = 0;
  std::memcpy(&value, text(width).data(), width);  // little-endian, as what it runs on
  return value;
}

std::string_view Fields::text(std::uint64_t size) {
  if (size > bytes_.size()) damaged();
  const std::string_view part = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return part;
}

void Fields::expect(std::string_view wanted) {
  if (text(wanted.size()) != wanted) damaged();
}

void Fields::expect(std::size_t width, std::uint64_t value) {
  if (number(width) != value) damaged();
}

}  // namespace unroll::detail
