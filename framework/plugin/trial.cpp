#include <unroll/plugin/trial.hpp>

#include <dlfcn.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstring>

#include <unroll/plugin/elf.hpp>
#include <unroll/plugin/loader.hpp>

namespace unroll {
namespace {

constexpr std::size_t kMostConstructors = 1 << 20;

// The child: loads, writes what was thrown, and goes without running anything else.
[[noreturn]] void load_and_tell(const char* file, int pipe) {
  // Through a pointer without dlopen's noexcept, an exception unwinds as far as this function.
  void* (*volatile open)(const char*, int) = &::dlopen;
  try {
    open(file, RTLD_NOW | RTLD_LOCAL);
  } catch (...) {
    const std::string text = "threw while being loaded: " + current_exception_text();
    const auto written = ::write(pipe, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    ::_exit(written > 0 ? 0 : 1);
  }
  ::_exit(0);
}

// All that comes out of the pipe until it is closed; false if that takes too long.
bool read_all(int pipe, int seconds, std::string& text) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    pollfd waiting{.fd = pipe, .events = POLLIN, .revents = 0};
    const int ready = left.count() <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    std::array<char, PIPE_BUF> buffer;
    const auto got = ::read(pipe, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

bool runs_code_on_load(const std::filesystem::path& file) {
  // The compiler's own start-up file has one entry in every library.
  const auto constructors = read_elf_section(file, ".init_array", kMostConstructors);
  return constructors && constructors->size() > sizeof(void*);
}

std::string trial_load(const std::filesystem::path& file, int seconds) {
  int ends[2];
  if (::pipe(ends) != 0) return {};  // no trial: the real load will show
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    load_and_tell(file.c_str(), ends[1]);
  }
  ::close(ends[1]);
  std::string text;
  const bool in_time = child < 0 || read_all(ends[0], seconds, text);
  ::close(ends[0]);
  if (child < 0) return {};
  if (!in_time) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) return fmt::format("was not loaded within {} s", seconds);
  if (WIFSIGNALED(status)) {
    return fmt::format("was killed by signal {} ({}) while being loaded", WTERMSIG(status),
                       ::strsignal(WTERMSIG(status)));
  }
  if (text.empty() && WEXITSTATUS(status) != 0) {
    return fmt::format("ended the program with status {} while being loaded", WEXITSTATUS(status));
  }
  return text;
}

}  // namespace unroll
