// Isolation: a check in a process of its own, so that a plugin that crashes or hangs is one line of
// the report.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <unroll/core/stop_flag.hpp>

#include "check.hpp"

namespace unroll::conformance {

enum class Verdict { ok, failed, skipped };

/// What became of one check.
struct Result {
  std::string check, contract;
  Verdict verdict = Verdict::ok;
  std::string why;  ///< it was skipped
  std::vector<Finding> findings;
  double seconds = 0;
};

struct Limits {
  bool isolated = true;  ///< false: in this process, for a debugger
  double seconds = 60;   ///< of one check
  /// Address space beyond what is in use at the start; 0: no limit.
  std::uint64_t bytes = std::uint64_t{4} << 30;
};

/// Runs a check. What is thrown, a crash, an end of the process, a limit that is reached: all are
/// findings, with what was being tried. The caller must not have computed anything with the
/// framework before, nor have loaded a plugin, if it is to be isolated: threads do not survive a
/// fork. Ends early, with what there is, once `*stop` is not 0.
Result run_check(const Check& check, const Subject& subject, const Limits& limits,
                 const StopFlag* stop = nullptr);

}  // namespace unroll::conformance
