#include "isolation.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>
#include <optional>
#include <string_view>

#include <nlohmann/json.hpp>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/plugin/manifest.hpp>
#include <unroll/tensor/engine.hpp>

namespace unroll::conformance {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

/// Writes what it hears into the result.
class Recorder final : public Listener {
 public:
  explicit Recorder(Result& result) : result_(result) {}
  void doing(const std::string& what) override { doing_ = what; }
  void found(const Finding& finding) override { result_.findings.push_back(finding); }
  void skipped(const std::string& why) override { result_.why = why; }
  const std::string& last() const noexcept { return doing_; }

  /// The check ended in this instead of an answer.
  void ended(const std::string& expected, const std::string& seen) {
    result_.findings.push_back({expected, seen, doing_});
  }

 private:
  Result& result_;
  std::string doing_;
};

/// Runs the check; what is thrown becomes a finding.
void run_guarded(const Check& check, const Subject& subject, Listener& listener,
                 const std::function<const std::string&()>& doing) {
  Engine::get().set_threads(1);
  Examination examination(subject, listener);
  try {
    check.run(examination);
  } catch (const std::bad_alloc&) {
    listener.found({"it manages with the memory that there is", "memory ran out", doing()});
  } catch (...) {
    listener.found({"no exception", current_exception_text(), doing()});
  }
}

/// The child's end: every word is a line of JSON in the pipe, at once, since the next may crash.
class Sender final : public Listener {
 public:
  explicit Sender(int pipe) : pipe_(pipe) {}
  void doing(const std::string& what) override {
    doing_ = what;
    send({{"doing", what}});
  }
  void found(const Finding& finding) override {
    send({{"expected", finding.expected}, {"seen", finding.seen}, {"smallest", finding.smallest}});
  }
  void skipped(const std::string& why) override { send({{"skipped", why}}); }
  void done() { send({{"done", true}}); }
  const std::string& last() const noexcept { return doing_; }

 private:
  void send(const Json& word) const {
    const std::string line = word.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
    for (std::string_view left = line; !left.empty();) {
      const auto written = ::write(pipe_, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) ::_exit(1);  // nobody listens any more
      left.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  int pipe_;
  std::string doing_;
};

bool sanitized() {
  for (const auto& [name, value] : host_manifest().build)
    if (name == "sanitizer") return value != "none";
  return false;
}

void limit_memory(std::uint64_t bytes) {
  if (bytes == 0 || sanitized()) return;  // a sanitizer reserves terabytes of addresses
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  const auto limit =
      static_cast<rlim_t>(pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) + bytes);
  const rlimit value{limit, limit};
  ::setrlimit(RLIMIT_AS, &value);
}

[[noreturn]] void be_the_child(const Check& check, const Subject& subject, const Limits& limits,
                               int pipe, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);  // what asks the program to end, ends this at once
  ::dup2(STDERR_FILENO, STDOUT_FILENO);        // what a plugin prints is no part of the report
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  limit_memory(limits.bytes);
  Sender sender(pipe);
  run_guarded(check, subject, sender, [&]() -> const std::string& { return sender.last(); });
  sender.done();
  ::_exit(0);
}

/// Takes one line of the pipe; is it the last?
bool take(const std::string& line, Recorder& recorder) {
  const Json word = Json::parse(line, nullptr, false);
  if (!word.is_object()) return false;
  if (word.contains("doing")) recorder.doing(word["doing"]);
  if (word.contains("skipped")) recorder.skipped(word["skipped"]);
  if (word.contains("expected")) recorder.found({word["expected"], word["seen"], word["smallest"]});
  return word.contains("done");
}

enum class End { done, closed, too_late, stopped };

/// Reads until the child is done, closes the pipe or takes too long.
End listen(int pipe, const Limits& limits, const StopFlag* stop, Recorder& recorder) {
  const auto end = Clock::now() + std::chrono::duration<double>(limits.seconds);
  std::string pending;
  while (true) {
    if (stopped(stop)) return End::stopped;
    if (Clock::now() >= end) return End::too_late;
    pollfd waiting{.fd = pipe, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waiting, 1, 50);
    if (ready <= 0) continue;
    std::array<char, 4096> buffer;
    const auto got = ::read(pipe, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return End::closed;
    pending.append(buffer.data(), static_cast<std::size_t>(got));
    for (std::size_t line; (line = pending.find('\n')) != std::string::npos;) {
      if (take(pending.substr(0, line), recorder)) return End::done;
      pending.erase(0, line + 1);
    }
  }
}

int reap(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

/// Waits a moment for a child that has closed the pipe; it may go on without it.
std::optional<int> reap_soon(pid_t child) {
  for (int tries = 0; tries < 200; ++tries) {
    int status = 0;
    if (::waitpid(child, &status, WNOHANG) == child) return status;
    ::usleep(10'000);
  }
  return {};
}

void run_isolated(const Check& check, const Subject& subject, const Limits& limits,
                  const StopFlag* stop, Recorder& recorder) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    fail(Failure::run, "check-plugin: no pipe: {}", std::strerror(errno));
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) fail(Failure::run, "check-plugin: no process: {}", std::strerror(errno));
  if (child == 0) {
    ::close(ends[0]);
    be_the_child(check, subject, limits, ends[1], parent);
  }
  ::close(ends[1]);
  const End end = listen(ends[0], limits, stop, recorder);
  ::close(ends[0]);
  if (end == End::closed) {
    if (const std::optional<int> status = reap_soon(child)) {
      if (WIFSIGNALED(*status)) {
        recorder.ended("no crash", fmt::format("crashed with signal {} ({})", WTERMSIG(*status),
                                               ::strsignal(WTERMSIG(*status))));
      } else {
        recorder.ended("the process goes on",
                       fmt::format("ended the process with status {}", WEXITSTATUS(*status)));
      }
      return;
    }
    recorder.ended("the process goes on", "closed the files of the process");
  }
  if (end == End::too_late)
    recorder.ended("an end", fmt::format("no end within {:g} s", limits.seconds));
  ::kill(child, SIGKILL);
  reap(child);
}

}  // namespace

Result run_check(const Check& check, const Subject& subject, const Limits& limits,
                 const StopFlag* stop) {
  Result result{.check = check.name, .contract = check.contract, .why = {}, .findings = {}};
  const auto began = Clock::now();
  Recorder recorder(result);
  if (limits.isolated) {
    run_isolated(check, subject, limits, stop, recorder);
  } else {
    run_guarded(check, subject, recorder, [&]() -> const std::string& { return recorder.last(); });
  }
  result.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  if (!result.findings.empty()) {
    result.verdict = Verdict::failed;
  } else if (!result.why.empty()) {
    result.verdict = Verdict::skipped;
  }
  return result;
}

}  // namespace unroll::conformance
