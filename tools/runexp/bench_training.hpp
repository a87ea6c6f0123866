// How long the steps of an experiment take, and where in a step the time goes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <unroll/training/trainer.hpp>

#include "experiment_arguments.hpp"
#include "spread.hpp"

namespace unroll::cli {

struct PhaseTime {
  std::string name;
  Spread milliseconds;
  double share = 0;  ///< of all the time; the shares of a step's phases add up to 1
};

struct TrainingSpeed {
  std::size_t steps = 0;  ///< measured, after some that warmed up
  Spread step_ms;
  /// data, forward, backward, exchange where ranks share the work, optimizer, and logging: what a
  /// step takes beside these, the metrics and histograms of the run file above all.
  std::vector<PhaseTime> phases;
  double targets_per_s = 0;        ///< the median of the steps
  double gflop_per_step = 0;       ///< of matrix products; the median
  double product_gflop_per_s = 0;  ///< products of a step over its whole time; the median
};

/// How long to measure.
struct MeasuredSteps {
  std::int64_t steps = 0;  ///< 0: as many as `seconds` hold, but a few at least
  double seconds = 8;
};

/// Trains as the experiment says, with a run file in a scratch folder, but evaluates and writes
/// nothing meanwhile. Ends early at a signal, with an empty result. Not for models that count.
TrainingSpeed measure_training(Trainer& trainer, const CheckedExperiment& experiment,
                               const MeasuredSteps& wanted);

/// So that `measure_training` is left alone: no end, no evaluation, no sample, no checkpoint.
void without_interludes(ExperimentOptions& options);

}  // namespace unroll::cli
