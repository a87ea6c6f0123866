// What the fuzz targets share.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include <unroll/core/error.hpp>
#include <unroll/results/run_layout.hpp>

namespace unroll::fuzzing {

/// A file in memory with a path.
class File {
 public:
  explicit File(const std::string& bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (::write(descriptor_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      __builtin_trap();
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// Lets an Error pass that has one line to say; every other exception ends the program.
template <typename Reading>
void refused_or_read(Reading reading) {
  try {
    reading();
  } catch (const Error& error) {
    if (std::string_view(error.what()).empty()) __builtin_trap();
  }
}

}  // namespace unroll::fuzzing

using unroll::fuzzing::refused_or_read;
