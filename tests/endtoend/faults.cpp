// A library to preload into runexp: it numbers what is done to the files of one folder, and at a
// given number kills the process or lets the call fail.
//
//   FAULTS_FOLDER=/a/b     whose files count, by absolute path
//   FAULTS_LOG=FILE        "NUMBER CALL PATH" of each call, a line each
//   FAULTS_ROWS=N          a checkpoint that is written in a thread of its own is written at once,
//                          before the Nth row that is added to the journal meanwhile (first: 1)
//   FAULTS_KILL=N          SIGKILL instead of call N; a write puts half its bytes first
//   FAULTS_FAIL=N:M:ERRNO  calls N to M fail with this errno; a write puts half its bytes first.
//                          Where there is only no room, what needs none succeeds.
//
// Numbers mean something only if equal runs make equal calls. So the two threads that write take
// turns: the one that writes a checkpoint waits for a row, and whoever adds that row waits until
// the thread has ended. A turn that does not come aborts the program.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>

namespace {

std::mutex mutex;
long calls = 0;

/// The thread that writes a checkpoint, if there is one.
enum class Saver { none, waits, writes };
Saver saver = Saver::none;
long rows_meanwhile = 0;
std::condition_variable turn;
thread_local bool is_saver = false;

constexpr auto kPatience = std::chrono::seconds(60);

long number_of(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::atol(text);
}

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::string absolute(const char* path) {
  if (path == nullptr || path[0] == '/') return path == nullptr ? "" : path;
  char folder[PATH_MAX];
  return ::getcwd(folder, sizeof folder) == nullptr ? path : std::string(folder) + "/" + path;
}

std::string path_of(int descriptor) {
  char path[PATH_MAX];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
  return length < 0 ? "" : std::string(path, static_cast<std::size_t>(length));
}

/// Renaming, removing and shortening need no room.
bool spared(const std::string& call, int reason) {
  const bool room = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
  return room && (call == "rename" || call == "unlink" || call == "ftruncate");
}

void wait_until(std::unique_lock<std::mutex>& lock, Saver wanted) {
  if (turn.wait_for(lock, kPatience, [wanted] { return saver == wanted; })) return;
  std::fputs("faults: the other thread's turn does not end\n", stderr);
  std::abort();
}

void take_turns(std::unique_lock<std::mutex>& lock, const char* call, const std::string& path) {
  if (is_saver) {
    if (saver == Saver::waits) wait_until(lock, Saver::writes);
  } else if (saver == Saver::waits && std::strcmp(call, "write") == 0 &&
             path.ends_with(".journal") &&
             ++rows_meanwhile >= std::max(1L, number_of("FAULTS_ROWS"))) {
    saver = Saver::writes;
    turn.notify_all();
    wait_until(lock, Saver::none);
  }
}

struct Start {
  void* (*begin)(void*);
  void* with;
};

void* begin_saver(void* start) {
  const std::unique_ptr<Start> it(static_cast<Start*>(start));
  is_saver = true;
  void* const result = it->begin(it->with);
  const std::lock_guard lock(mutex);
  saver = Saver::none;
  turn.notify_all();
  return result;
}

/// Counts a call; gives 0, or the errno to fail with. `before_the_end` is done before either.
template <typename Action>
int fault(const char* call, const std::string& path, Action before_the_end) {
  const char* folder = std::getenv("FAULTS_FOLDER");
  if (folder == nullptr || (path != folder && !path.starts_with(std::string(folder) + "/")))
    return 0;
  std::unique_lock lock(mutex);
  take_turns(lock, call, path);
  ++calls;
  if (const char* log = std::getenv("FAULTS_LOG")) {
    const std::string line = std::to_string(calls) + " " + call + " " + path + "\n";
    const long file = ::syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    ::syscall(SYS_write, file, line.data(), line.size());
    ::syscall(SYS_close, file);
  }
  if (calls == number_of("FAULTS_KILL")) {
    before_the_end();
    ::kill(::getpid(), SIGKILL);
    for (;;) ::pause();
  }
  long first = 0, last = 0;
  int reason = 0;
  const char* failing = std::getenv("FAULTS_FAIL");
  if (failing == nullptr || std::sscanf(failing, "%ld:%ld:%d", &first, &last, &reason) != 3 ||
      calls < first || calls > last || spared(call, reason))
    return 0;
  before_the_end();
  return reason;
}

int fault(const char* call, const std::string& path) {
  return fault(call, path, [] {});
}

template <typename Result>
Result failed(int reason) {
  errno = reason;
  return -1;
}

int open_file(const char* name, const char* path, int flags, mode_t mode) {
  if ((flags & (O_CREAT | O_TRUNC | O_WRONLY | O_RDWR)) != 0)
    if (const int reason = fault("open", absolute(path))) return failed<int>(reason);
  return next<int(const char*, int, ...)>(name)(path, flags, mode);
}

}  // namespace

extern "C" {

/// A thread that is started after the folder has been touched writes a checkpoint: the run
/// computes in one thread.
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*begin)(void*),
                   void* with) noexcept {
  const auto real =
      next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>("pthread_create");
  const std::lock_guard lock(mutex);
  if (calls == 0) return real(thread, attributes, begin, with);
  auto start = std::make_unique<Start>(Start{begin, with});
  const int problem = real(thread, attributes, begin_saver, start.get());
  if (problem != 0) return problem;
  static_cast<void>(start.release());
  saver = Saver::waits;
  rows_meanwhile = 0;
  return 0;
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_file("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_file("open64", path, flags, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  const auto real = next<ssize_t(int, const void*, size_t)>("write");
  const auto half = [&] { static_cast<void>(real(descriptor, bytes, count / 2) < 0); };
  if (const int reason = fault("write", path_of(descriptor), half)) {
    // The half that was written is reported as written, as a disk that fills does it.
    if (const int again = count / 2 > 0 ? 0 : reason) return failed<ssize_t>(again);
    return static_cast<ssize_t>(count / 2);
  }
  return real(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void* bytes, size_t count, off_t at) {
  if (const int reason = fault("pwrite", path_of(descriptor))) return failed<ssize_t>(reason);
  return next<ssize_t(int, const void*, size_t, off_t)>("pwrite")(descriptor, bytes, count, at);
}

ssize_t pwrite64(int descriptor, const void* bytes, size_t count, off64_t at) {
  if (const int reason = fault("pwrite", path_of(descriptor))) return failed<ssize_t>(reason);
  return next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64")(descriptor, bytes, count, at);
}

int ftruncate(int descriptor, off_t length) noexcept {
  if (const int reason = fault("ftruncate", path_of(descriptor))) return failed<int>(reason);
  return next<int(int, off_t)>("ftruncate")(descriptor, length);
}

int fsync(int descriptor) {
  if (const int reason = fault("fsync", path_of(descriptor))) return failed<int>(reason);
  return next<int(int)>("fsync")(descriptor);
}

int fdatasync(int descriptor) {
  if (const int reason = fault("fsync", path_of(descriptor))) return failed<int>(reason);
  return next<int(int)>("fdatasync")(descriptor);
}

int rename(const char* from, const char* to) noexcept {
  if (const int reason = fault("rename", absolute(from) + " " + absolute(to)))
    return failed<int>(reason);
  return next<int(const char*, const char*)>("rename")(from, to);
}

int link(const char* from, const char* to) noexcept {
  if (const int reason = fault("link", absolute(from) + " " + absolute(to)))
    return failed<int>(reason);
  return next<int(const char*, const char*)>("link")(from, to);
}

int unlink(const char* path) noexcept {
  if (const int reason = fault("unlink", absolute(path))) return failed<int>(reason);
  return next<int(const char*)>("unlink")(path);
}

int remove(const char* path) noexcept {
  if (const int reason = fault("unlink", absolute(path))) return failed<int>(reason);
  return next<int(const char*)>("remove")(path);
}

}  // extern "C"
