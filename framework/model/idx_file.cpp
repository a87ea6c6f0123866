#include <unroll/model/idx_file.hpp>

#include <functional>
#include <numeric>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>

namespace unroll {
namespace {

constexpr std::int64_t kMostBytes = std::int64_t{1} << 34;

std::int64_t big_endian(const std::string& bytes, std::size_t at) {
  std::int64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

}  // namespace

std::int64_t IdxFile::item_bytes() const {
  return std::accumulate(shape.begin() + 1, shape.end(), std::int64_t{1}, std::multiplies<>());
}

IdxFile read_idx(const std::filesystem::path& path) {
  const std::string name = path.string();
  IdxFile file;
  file.bytes = read_file(path);
  const auto dimensions = file.bytes.size() < 4
                              ? 0U
                              : static_cast<std::size_t>(static_cast<unsigned char>(file.bytes[3]));
  if (file.bytes.size() < 4 + 4 * dimensions || dimensions < 1 || dimensions > 4 ||
      file.bytes[0] != 0 || file.bytes[1] != 0)
    fail(Failure::data, "{}: is not an IDX file", name);
  if (file.bytes[2] != 8)
    fail(Failure::data, "{}: an IDX file of type 0x{:02x}; bytes (0x08) are read", name,
         static_cast<unsigned char>(file.bytes[2]));
  std::int64_t size = 1;
  for (std::size_t d = 0; d < dimensions; ++d) {
    file.shape.push_back(big_endian(file.bytes, 4 + 4 * d));
    if (file.shape.back() == 0 || file.shape.back() > kMostBytes / size)
      fail(Failure::data, "{}: dimension {} of {} cannot be", name, d, file.shape.back());
    size *= file.shape.back();
  }
  const std::size_t header = 4 + 4 * dimensions;
  if (file.bytes.size() - header != static_cast<std::size_t>(size))
    fail(Failure::data, "{}: {} bytes of data where its dimensions say {}", name,
         file.bytes.size() - header, size);
  file.bytes.erase(0, header);
  return file;
}

}  // namespace unroll
