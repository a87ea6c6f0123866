#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <unroll/core/error.hpp>
#include <unroll/core/mapped_file.hpp>

namespace unroll {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const auto cannot = [&](int reason) {
    fail(Failure::data, "{}: cannot be read: {}", path.string(), std::strerror(reason));
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) cannot(errno);
  struct stat status {};
  int reason = ::fstat(file, &status) != 0 ? errno
               : S_ISDIR(status.st_mode)   ? EISDIR
               : !S_ISREG(status.st_mode)  ? ENODEV
                                           : 0;
  void* data = nullptr;
  if (reason == 0 && status.st_size > 0) {
    data =
        ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_SHARED, file, 0);
    if (data == MAP_FAILED) reason = errno;
  }
  ::close(file);  // the mapping stays
  if (reason != 0) cannot(reason);
  data_ = static_cast<const char*>(data);
  size_ = static_cast<std::size_t>(status.st_size);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

void MappedFile::release(std::string_view part) const noexcept {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(data_);
  const auto from = std::max(reinterpret_cast<std::uintptr_t>(part.data()), begin);
  const auto to =
      std::min(reinterpret_cast<std::uintptr_t>(part.data() + part.size()), begin + size_);
  const std::uintptr_t first = (from + page - 1) / page * page;
  if (first < to) ::madvise(reinterpret_cast<void*>(first), to - first, MADV_DONTNEED);
}

}  // namespace unroll
