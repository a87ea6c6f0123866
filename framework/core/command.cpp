#include <unroll/core/command.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <unroll/core/child_process.hpp>
#include <unroll/core/error.hpp>

namespace unroll {
namespace {

/// A file descriptor that closes itself.
struct Descriptor {
  explicit Descriptor(int opened) : number(opened) {}
  ~Descriptor() { ::close(number); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  const int number;
};

}  // namespace

int run_command(const std::vector<std::string>& words,
                const std::function<void(const std::string&)>& on_line) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    fail(Failure::run, "{}: cannot be started: {}", words[0], std::strerror(errno));
  const Descriptor output{ends[0]};
  ChildProcess child = [&] {
    const Descriptor input{ends[1]};  // of this process, which must not keep the pipe open
    return ChildProcess(words, input.number);
  }();
  std::string pending;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t count = ::read(output.number, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      child.send(SIGTERM);
      continue;
    }
    if (count <= 0) break;
    pending.append(buffer.data(), static_cast<std::size_t>(count));
    for (std::size_t end; (end = pending.find('\n')) != std::string::npos;) {
      on_line(pending.substr(0, end));
      pending.erase(0, end + 1);
    }
  }
  if (!pending.empty()) on_line(pending);
  return child.wait();
}

}  // namespace unroll
