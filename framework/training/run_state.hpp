// What a run remembers beside the weights: running figures, the best weights, what is still due.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <unroll/core/archive.hpp>
#include <unroll/results/run_record.hpp>
#include <unroll/training/evaluate.hpp>
#include <unroll/training/learner.hpp>

namespace unroll {

/// What has to be done before the next step. An interruption may leave something due; it is done
/// when the run is resumed, so that the file is the same as that of an undisturbed run.
struct Due {
  bool log = false, evaluation = false, samples = false, checkpoint = false;
  bool look = false;  ///< through the microscope: at once, so that it is never left
};

/// The evaluation with the lowest validation loss.
struct Best {
  double loss = std::numeric_limits<double>::infinity();
  std::int64_t step = 0;
  Figures figures;
  std::vector<Metric> metrics;     ///< of the task, beside the figures
  std::optional<Archive> weights;  ///< if they are to be restored
  bool saved = false;              ///< are these weights in the file?
};

struct RunState {
  Figures since_log, since_evaluation;  ///< of the training batches
  double norms_since_log = 0;           ///< summed
  std::int64_t steps_since_log = 0;
  double learning_rate = 0;  ///< of the last step
  Due due;
  Best best;
  double counted_loss = std::numeric_limits<double>::infinity();  ///< early stopping's mark
  std::int64_t waited = 0;  ///< evaluations since early stopping's last improvement
  bool stopped_early = false;
  std::optional<Figures> train, validation;  ///< of the last evaluation
  std::vector<Metric> validation_metrics;    ///< of the task, beside its figures
  std::int64_t sampled_step = 0;             ///< when samples were written last
  double seconds = 0;                        ///< of earlier sittings

  Archive save() const;
  void restore(const Archive& state);
};

}  // namespace unroll
