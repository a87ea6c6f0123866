// SIGINT and SIGTERM: the first asks for a clean end, a SIGINT after it ends at once.
#pragma once

#include <unroll/core/stop_flag.hpp>

namespace unroll::cli {

/// From here on both are waited for by a thread of their own; call once, before any other starts.
void catch_interrupts();
/// Not 0 once a signal has asked for the end: its number.
const StopFlag* stop_flag() noexcept;
/// Asks for the end now, as SIGTERM does.
void request_stop() noexcept;
/// Asks for the end after so many seconds, unless a signal has before.
void stop_after(double seconds);
/// The exit code after a clean end on request: 130 for SIGINT, 143 for SIGTERM and when the time
/// is up, which a batch queue would have said by SIGTERM.
int interrupted_code() noexcept;

}  // namespace unroll::cli
