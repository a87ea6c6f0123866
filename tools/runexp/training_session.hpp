// One sitting of a run, from the first step to the message that ends it: run and resume share it.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <unroll/results/run_file.hpp>
#include <unroll/training/trainer.hpp>

namespace unroll::cli {

/// How a sitting tells and ends.
struct SessionOptions {
  bool quiet = false, json = false;
  bool gate = false;  ///< to miss what the experiment expects is a failure
  /// After these steps, if not 0, it stops or kills itself: `verify-resume` wants that.
  std::int64_t stop_at = 0, kill_at = 0;
  /// Asked after each evaluation but the last: a reason ends the run, interrupted for that reason,
  /// with exit code 0.
  std::function<std::optional<std::string>(std::int64_t step, const RunRecord& run)> verdict{};
};

/// --gate, --max-time, --detect-anomalies, --quiet and --json, which every command that trains has.
void add_session_options(CLI::App& command, SessionOptions& options);

/// Trains until the end or a signal; prints progress.
Summary sit(Trainer& trainer, RunWriter& file, const SessionOptions& options);
/// The exit code of a sitting that ended so; with --json, tells on stderr how to go on.
int exit_code(const Summary& summary, const std::string& path, const SessionOptions& options);
/// Trains until the end or a signal; prints progress and the summary. Returns the exit code.
int train(Trainer& trainer, RunWriter& file, const SessionOptions& options);

}  // namespace unroll::cli
