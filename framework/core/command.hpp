// Other programs: run with their arguments as they are, never through a shell.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace unroll {

/// Runs `words[0]` with the other words as its arguments and an empty standard input. Gives each
/// line of what it writes to its standard output or error, without the line feed, to `on_line`, in
/// order and at once. Returns its exit status, or 128 + the signal that ended it. A signal that
/// this process handles meanwhile ends the program too (SIGTERM). Throws Error(run) where it
/// cannot be started.
int run_command(const std::vector<std::string>& words,
                const std::function<void(const std::string&)>& on_line);

}  // namespace unroll
