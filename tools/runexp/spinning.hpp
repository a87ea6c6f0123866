// How long idle threads spin before they sleep.
#pragma once

namespace unroll::cli {

/// Starts the program again with a short spin for OpenMP's threads, unless the user has set one.
///
/// GCC's OpenMP spins through some 300,000 rounds before it sleeps. Alone on a machine that costs
/// nothing, but two busy programs then take the cores from each other at every barrier: two runs
/// side by side on two cores trained three times as fast with a short spin, and a run alone as fast
/// as before. The library reads its settings before main, hence the second start.
void limit_spinning(char** argv);

}  // namespace unroll::cli
