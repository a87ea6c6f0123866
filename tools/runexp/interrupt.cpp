#include "interrupt.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

namespace unroll::cli {
namespace {

StopFlag received = 0;

sigset_t requests() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGUSR1);
  return set;
}

[[noreturn]] void wait_for_requests(pthread_t main_thread) {
  const sigset_t set = requests();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
  received = number;
  // Ctrl-C once more kills. SIGTERM once more does not: a batch queue sends it to every process of
  // a job and the job's script passes it on, all in an instant, and the first one is being obeyed.
  sigset_t killing;
  sigemptyset(&killing);
  sigaddset(&killing, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &killing, nullptr);
  pthread_kill(main_thread, SIGRTMIN);
  while (true) pause();
}

}  // namespace

// A handler runs on the stack of the thread that is interrupted, and the products of oneDNN 2.6
// keep data where the kernel then puts its frame: signals in the midst of dnnl_sgemm corrupt the
// heap. So every thread blocks them but one, which does nothing else. It wakes the main thread out
// of what may wait for ever (a prompt, a fetch) by a signal that is handled on a stack of its own.
void catch_interrupts() {
  const sigset_t set = requests();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);  // threads to come inherit this
  signal(SIGINT, SIG_DFL);                    // which a shell ignores for what it runs with &
  signal(SIGTERM, SIG_DFL);
  signal(SIGUSR1, SIG_DFL);
  static std::array<char, 1 << 16> stack;
  stack_t apart{};
  apart.ss_sp = stack.data();
  apart.ss_size = stack.size();
  sigaltstack(&apart, nullptr);
  struct sigaction wake {};
  wake.sa_handler = [](int) {};
  wake.sa_flags = SA_ONSTACK;
  sigaction(SIGRTMIN, &wake, nullptr);
  std::thread(wait_for_requests, pthread_self()).detach();
  signal(SIGXFSZ, SIG_IGN);  // a file grown too large is an error to report, not the end
}

const StopFlag* stop_flag() noexcept {
  return &received;
}

void request_stop() noexcept {
  int none = 0;
  received.compare_exchange_strong(none, SIGTERM);
}

void stop_after(double seconds) {
  std::thread([seconds] {
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    int none = 0;
    received.compare_exchange_strong(none, kTimeIsUp);
  }).detach();
}

int interrupted_code() noexcept {
  const int number = received;
  return 128 + (number == SIGINT ? SIGINT : SIGTERM);
}

}  // namespace unroll::cli
