// MappedFile: a file's content in memory that the system may take back and read again.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

namespace unroll {

/// The content as it is on the disk, read as it is touched: it takes room in the page cache, which
/// the system frees as it likes, and none of the process's own. Who renames another file over this
/// one changes nothing here; who writes into it changes the bytes, and who shortens it makes
/// touching what is gone a crash (SIGBUS).
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws Error(data) naming the file and the reason: missing, a directory, unreadable.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~MappedFile();

  std::string_view bytes() const noexcept { return {data_, size_}; }
  /// Says that this part of `bytes` is not needed for some time. It is there all the same.
  void release(std::string_view part) const noexcept;

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace unroll
