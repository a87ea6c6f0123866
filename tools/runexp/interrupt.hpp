// SIGINT, SIGTERM and SIGUSR1: the first asks for a clean end, a SIGINT after it ends at once.
#pragma once

#include <unroll/core/stop_flag.hpp>

namespace unroll::cli {

/// From here on they are waited for by a thread of their own; call once, before any other starts.
void catch_interrupts();
/// Not 0 once a signal has asked for the end: its number.
const StopFlag* stop_flag() noexcept;
/// Asks for the end now, as SIGTERM does.
void request_stop() noexcept;
/// Asks for the end after so many seconds, unless a signal has before.
void stop_after(double seconds);
/// The exit code after a clean end on request: 130 for SIGINT, 143 for SIGTERM, for SIGUSR1 (the
/// warning of batch queues, which mpirun passes on) and when the time is up.
int interrupted_code() noexcept;

}  // namespace unroll::cli
