// What ends the program from within a plugin, said in one line: a crash, a call of exit() or
// abort(), an exception that leaves a thread of the plugin's own.
#pragma once

namespace unroll::cli {

/// From now on such an end names the plugin's file. A crash then kills as it would have (core
/// dumps, exit status 128 + signal); exit() and exceptions become exit code 3. Run files need
/// nothing of this: they are as of the last step that was written, whatever kills the program.
void report_crashes();

/// main() is about to return: that is no plugin's doing.
void leave_in_peace() noexcept;

}  // namespace unroll::cli
