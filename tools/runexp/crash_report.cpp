#include "crash_report.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>

#include <unroll/core/error.hpp>
#include <unroll/plugin/manifest.hpp>

namespace unroll::cli {
namespace {

constexpr int kPluginFailure = static_cast<int>(Failure::plugin);
constexpr bool kSanitized = std::string_view(UNROLL_SANITIZER) != "none";
constexpr std::array kCrashes = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

std::atomic<bool> leaving = false;
std::terminate_handler usual_end = nullptr;

/// The plugin whose code is being run, innermost first; nullptr if it is none's. System libraries
/// have a version behind their `.so`, plugins have not.
const char* plugin_at_work() {
  std::array<void*, 64> calls;
  const int count = ::backtrace(calls.data(), static_cast<int>(calls.size()));
  for (int i = 0; i < count; ++i) {
    Dl_info found{};
    if (::dladdr(static_cast<char*>(calls[static_cast<std::size_t>(i)]) - 1, &found) == 0) continue;
    if (found.dli_fname != nullptr && std::string_view(found.dli_fname).ends_with(".so"))
      return found.dli_fname;
  }
  return nullptr;
}

/// One line, without allocating: the heap may be what is broken.
void say(const char* plugin, const char* did, const char* what) {
  std::array<char, 2048> line;
  const int length =
      std::snprintf(line.data(), line.size(),
                    "\nrunexp: the plugin %s %s%s; a run that was being trained is as of its last "
                    "checkpoint, from which runexp resume goes on\n",
                    plugin, did, what);
  if (length <= 0) return;
  const auto bytes = std::min(static_cast<std::size_t>(length), line.size() - 1);
  if (::write(STDERR_FILENO, line.data(), bytes) < 0) return;
}

void on_crash(int signal) {
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  ::sigaction(signal, &usual, nullptr);
  if (const char* plugin = plugin_at_work()) {
    const char* name = ::sigdescr_np(signal);
    say(plugin, "crashed: ", name == nullptr ? "" : name);
  }
  ::raise(signal);
}

[[noreturn]] void on_terminate() {
  if (const char* plugin = plugin_at_work()) {
    const std::string what = std::current_exception() ? current_exception_text() : "no exception";
    say(plugin, "ended a thread with what nobody caught: ", what.c_str());
    ::_exit(kPluginFailure);
  }
  usual_end();
  std::abort();
}

void on_exit() {
  if (leaving) return;
  const char* plugin = plugin_at_work();
  if (plugin == nullptr) return;
  say(plugin, "called exit()", "");
  ::_exit(kPluginFailure);
}

}  // namespace

void report_crashes() {
  plugin_at_work();  // the first time it loads a library, which a crash must not
  for (const int signal : kCrashes) {
    if (kSanitized) break;  // it has more to say
    struct sigaction action {};
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK | SA_NODEFER;  // on the stack that catch_interrupts set apart
    ::sigaction(signal, &action, nullptr);
  }
  usual_end = std::set_terminate(on_terminate);
  std::atexit(on_exit);
}

void leave_in_peace() noexcept {
  leaving = true;
}

}  // namespace unroll::cli
