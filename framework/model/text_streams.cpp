#include <unroll/model/text_streams.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <utility>

#include <unroll/core/text.hpp>
#include <unroll/model/text_check.hpp>
#include <unroll/model/text_file.hpp>
#include <unroll/model/text_pieces.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

/// Is it UTF-8 without NUL? Reads it once, by all threads, and keeps none of it in memory.
bool is_text(const MappedFile& file) {
  constexpr std::size_t kBlock = std::size_t{4} << 20;
  const std::string_view bytes = file.bytes();
  std::atomic<bool> good = true;
  const auto blocks = static_cast<std::int64_t>((bytes.size() + kBlock - 1) / kBlock);
  parallel_for(blocks, [&](std::int64_t block) {
    const auto at = static_cast<std::size_t>(block) * kBlock;
    const std::size_t begin = block == 0 ? 0 : code_point_from(bytes, at);
    const std::size_t end = code_point_from(bytes, at + kBlock);
    const std::string_view part = bytes.substr(begin, end - begin);
    if (part.find('\0') != std::string_view::npos || first_invalid_utf8(part)) good = false;
    file.release(part);
  });
  return good;
}

}  // namespace

StreamDataset::~StreamDataset() = default;

std::string_view TextStore::open(const std::filesystem::path& path) {
  std::error_code unknown;
  if (const auto size = std::filesystem::file_size(path, unknown); unknown || size < kMapped)
    return keep(read_text(path));
  MappedFile& file = files_.emplace_back(path);
  if (!is_text(file)) check_text(file.bytes(), path);  // says what is wrong
  std::string_view text = file.bytes();
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

std::string_view TextStore::keep(std::string text) {
  return texts_.emplace_back(std::move(text));
}

void TextStore::release(std::string_view part) const noexcept {
  for (const MappedFile& file : files_) {
    const std::string_view all = file.bytes();
    if (part.data() >= all.data() && part.data() < all.data() + all.size()) file.release(part);
  }
}

}  // namespace unroll
