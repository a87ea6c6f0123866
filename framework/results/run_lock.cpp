#include <unroll/results/run_lock.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <thread>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

std::filesystem::path lock_of(const std::filesystem::path& run) {
  return std::filesystem::path(run).concat(".lock");
}

constexpr std::string_view kProcess = "process ";
constexpr auto kNaming = std::chrono::milliseconds(500);  ///< the longest between lock and name

std::string host_name() {
  std::array<char, 128> host{};
  ::gethostname(host.data(), host.size() - 1);
  return host.data();
}

/// The whole file. Locks of this kind belong to the open file, not to the process, and asking for
/// them takes none.
struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool try_lock(int descriptor) {
  struct flock lock = whole_file(F_WRLCK);
  return ::fcntl(descriptor, F_OFD_SETLK, &lock) == 0;
}

bool is_locked(int descriptor) {
  struct flock lock = whole_file(F_RDLCK);
  return ::fcntl(descriptor, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

/// What stands in the lock file: "process 123 on host", or nothing.
std::string written_name(int descriptor) {
  std::array<char, 256> text{};
  const ssize_t count = ::pread(descriptor, text.data(), text.size(), 0);
  std::string name(text.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  while (!name.empty() && name.back() == '\n') name.pop_back();
  return name;
}

/// Is it the name of a process of this machine that has ended?
bool has_ended(std::string_view name) {
  pid_t process = 0;
  if (!name.starts_with(kProcess)) return false;
  name.remove_prefix(kProcess.size());
  const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), process);
  name.remove_prefix(static_cast<std::size_t>(end - name.data()));
  return problem == std::errc() && name == " on " + host_name() && ::kill(process, 0) != 0 &&
         errno == ESRCH;
}

/// Who holds a lock that is taken. Who has just taken it has not written its name yet: then the
/// file is empty or names the one before, which was killed.
std::string holder(int descriptor) {
  const auto end = std::chrono::steady_clock::now() + kNaming;
  for (;;) {
    const std::string name = written_name(descriptor);
    if (!name.empty() && !has_ended(name)) return name;
    if (std::chrono::steady_clock::now() >= end)
      return name.empty() ? "another process" : "what " + name + " has left running";
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

/// Is the open file still the one of this name, or was it removed and made anew meanwhile?
bool still_named(int descriptor, const std::filesystem::path& path) {
  struct stat open_file {
  }, named{};
  return ::fstat(descriptor, &open_file) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& run) : path_(lock_of(run)), owner_(::getpid()) {
  for (;;) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0)
      fail(Failure::data, "{}: cannot be written: {}", run.string(), std::strerror(errno));
    if (!try_lock(descriptor_)) {
      const int reason = errno;
      const bool taken = reason == EAGAIN || reason == EACCES;
      const std::string who = taken ? holder(descriptor_) : std::string();
      ::close(descriptor_);
      if (!taken)
        fail(Failure::data, "{}: cannot be locked: {}", run.string(), std::strerror(reason));
      fail(Failure::data, "{}: is being written by {}; wait for it, or stop it first", run.string(),
           who);
    }
    if (still_named(descriptor_, path_)) break;
    ::close(descriptor_);
  }
  const std::string who = fmt::format("{}{} on {}\n", kProcess, owner_, host_name());
  // Only for people: that it could not be written (full disk) does not weaken the lock.
  if (::ftruncate(descriptor_, 0) == 0)
    static_cast<void>(::pwrite(descriptor_, who.data(), who.size(), 0) < 0);
}

RunLock::~RunLock() {
  if (owner_ == ::getpid()) ::unlink(path_.c_str());  // a forked child must not free its parent's
  ::close(descriptor_);
}

std::optional<std::string> run_writer(const std::filesystem::path& run) {
  const int descriptor = ::open(lock_of(run).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::optional<std::string> who;
  if (is_locked(descriptor)) who = holder(descriptor);
  ::close(descriptor);
  return who;
}

}  // namespace unroll
