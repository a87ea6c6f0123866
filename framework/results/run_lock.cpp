#include <unroll/results/run_lock.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

std::filesystem::path lock_of(const std::filesystem::path& run) {
  return std::filesystem::path(run).concat(".lock");
}

std::string holder(int descriptor) {
  std::array<char, 256> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  std::string name(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return name.empty() ? "another process" : name;
}

/// Is the open file still the one of this name, or was it removed and made anew meanwhile?
bool still_named(int descriptor, const std::filesystem::path& path) {
  struct stat open_file {
  }, named{};
  return ::fstat(descriptor, &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& run) : path_(lock_of(run)) {
  for (;;) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0)
      fail(Failure::data, "{}: cannot be written: {}", run.string(), std::strerror(errno));
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const std::string who = holder(descriptor_);
      ::close(descriptor_);
      fail(Failure::data, "{}: is being written by {}; wait for it, or stop it first", run.string(),
           who);
    }
    if (still_named(descriptor_, path_)) break;
    ::close(descriptor_);
  }
  std::array<char, 128> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string who = fmt::format("process {} on {}\n", ::getpid(), host.data());
  // Only for people: that it could not be written (full disk) does not weaken the lock.
  if (::ftruncate(descriptor_, 0) == 0)
    static_cast<void>(::pwrite(descriptor_, who.data(), who.size(), 0) < 0);
}

RunLock::~RunLock() {
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

std::optional<std::string> run_writer(const std::filesystem::path& run) {
  const int descriptor = ::open(lock_of(run).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::optional<std::string> who;
  if (::flock(descriptor, LOCK_SH | LOCK_NB) != 0) who = holder(descriptor);
  ::close(descriptor);
  return who;
}

}  // namespace unroll
