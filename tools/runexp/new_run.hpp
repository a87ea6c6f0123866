// The run file of a run that begins.
#pragma once

#include <unroll/results/run_file.hpp>
#include <unroll/training/ranks.hpp>
#include <unroll/training/trainer.hpp>

#include "experiment_arguments.hpp"

namespace unroll::cli {

/// A run file holds the experiment as written and as run, and with what.
RunRecord make_record(const CheckedExperiment& experiment, Trainer& trainer,
                      const Ranks* ranks = nullptr);

}  // namespace unroll::cli
