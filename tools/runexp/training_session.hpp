// One sitting of a run, from the first step to the message that ends it: run and resume share it.
#pragma once

#include <string>

#include <unroll/results/run_file.hpp>
#include <unroll/training/trainer.hpp>

namespace unroll::cli {

/// How a sitting tells and ends.
struct SessionOptions {
  bool quiet = false, json = false;
  bool gate = false;  ///< to miss what the experiment expects is a failure
};

/// Trains until the end or a signal; prints progress and the summary. Returns the exit code.
int train(Trainer& trainer, RunWriter& file, const SessionOptions& options);

}  // namespace unroll::cli
