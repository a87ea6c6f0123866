#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>

namespace unroll {
namespace {

namespace fs = std::filesystem;

// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags, mode_t mode = 0)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }
  /// Closing may be when a full disk is noticed.
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

[[noreturn]] void cannot(const fs::path& path, std::string_view what, int reason) {
  fail(Failure::data, "{}: cannot be {}: {}", path.string(), what, std::strerror(reason));
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void write_all(int descriptor, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t count = ::write(descriptor, content.data(), content.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      cannot(path, "written", errno);
    }
    content.remove_prefix(static_cast<std::size_t>(count));
  }
}

// Removes a file unless told that it was put to use.
struct Removal {
  fs::path path;
  bool armed = true;
  ~Removal() {
    if (armed) ::unlink(path.c_str());
  }
};

}  // namespace

std::string read_file(const fs::path& path, std::uint64_t most_bytes) {
  // Without O_NONBLOCK, opening a pipe that nobody writes would wait for ever.
  Descriptor file(path, O_RDONLY | O_NONBLOCK);
  if (!file.is_open()) cannot(path, "read", errno);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) cannot(path, "read", errno);
  if (S_ISDIR(status.st_mode)) fail(Failure::data, "{}: is a directory, not a file", path.string());
  if (!S_ISREG(status.st_mode)) fail(Failure::data, "{}: is not a regular file", path.string());
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > most_bytes) {
    fail(Failure::data, "{}: has {} bytes; at most {} are read", path.string(), size, most_bytes);
  }
  std::string content(static_cast<std::size_t>(size), '\0');
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t count = ::read(file.number(), content.data() + done, content.size() - done);
    if (count < 0) {
      if (errno == EINTR) continue;
      cannot(path, "read", errno);
    }
    if (count == 0) break;  // it shrank meanwhile
    done += static_cast<std::size_t>(count);
  }
  content.resize(done);
  return content;
}

fs::path write_beside(const fs::path& path, std::string_view content) {
  Removal temporary{fs::path(path).concat(fmt::format(".{}.tmp", ::getpid()))};
  {
    Descriptor file(temporary.path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (!file.is_open()) {
      temporary.armed = false;
      cannot(path, "written", errno);
    }
    write_all(file.number(), content, path);
    if (::fsync(file.number()) != 0) cannot(path, "written", errno);
    if (!file.close()) cannot(path, "written", errno);
  }
  temporary.armed = false;
  return temporary.path;
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  replace_file(write_beside(path, content), path);
}

void replace_file(const fs::path& temporary, const fs::path& path) {
  Removal removal{temporary};
  {
    Descriptor file(temporary, O_RDONLY);
    if (!file.is_open() || ::fsync(file.number()) != 0) cannot(path, "written", errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) cannot(path, "written", errno);
  removal.armed = false;
  sync_folder_of(path);
}

void sync_folder_of(const fs::path& path) {
  // Some file systems cannot sync a folder (EINVAL); it has changed all the same.
  Descriptor folder(folder_of(path), O_RDONLY | O_DIRECTORY);
  if (!folder.is_open() || (::fsync(folder.number()) != 0 && errno != EINVAL)) {
    cannot(path, "made durable", errno);
  }
}

}  // namespace unroll
