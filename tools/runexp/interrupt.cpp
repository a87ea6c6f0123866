#include "interrupt.hpp"

#include <signal.h>

namespace unroll::cli {
namespace {

volatile std::sig_atomic_t received = 0;

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int number) {
    received = number;
    // The default action is back: the next one kills.
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
  };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGXFSZ, SIG_IGN);  // a file grown too large is an error to report, not the end
}

const volatile std::sig_atomic_t* stop_flag() noexcept {
  return &received;
}

int interrupted_code() noexcept {
  return 128 + received;
}

}  // namespace unroll::cli
