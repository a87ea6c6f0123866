// Learner: one update of the weights after another, and all that resuming needs.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <unroll/core/archive.hpp>
#include <unroll/model/optimizer.hpp>
#include <unroll/training/batches.hpp>
#include <unroll/training/gradient_sum.hpp>
#include <unroll/training/model.hpp>
#include <unroll/training/ranks.hpp>
#include <unroll/training/schedule.hpp>

namespace unroll {

/// Where the time of the steps went, in seconds since training began.
struct StepTimes {
  double data = 0, forward = 0, backward = 0, exchange = 0, optimizer = 0;
  double evaluation = 0, samples = 0, checkpoints = 0, microscope = 0;
  double steps() const { return data + forward + backward + exchange + optimizer; }
};

struct LearnerOptions {
  std::uint64_t seed = 1;
  double clip_norm = 0;   ///< of all gradients together; 0: no limit
  double clip_value = 0;  ///< of each gradient, before the norm is limited; 0: no limit
  std::int64_t total_steps = 0;
  Precision precision = Precision::f32;  ///< of the steps' matrix products
  Ranks* ranks = nullptr;                ///< that share the batches; they must outlive the learner
};

/// What one rank would like all to do after a step.
struct Wishes {
  bool stop = false, checkpoint = false;
};

/// What one step found before it changed the weights.
struct StepResult {
  double total = 0;  ///< summed loss of the targets
  std::int64_t counted = 0, correct = 0;
  double gradient_norm = 0;  ///< before clipping
  double learning_rate = 0;
  Wishes wishes;  ///< what some rank wished for
};

/// Holds the position in the data and the carried state. Random streams are derived from seed and
/// step alone. In its steady state a step asks the system for no memory.
class Learner {
 public:
  /// `model` must outlive the learner.
  Learner(Model& model, std::unique_ptr<Optimizer> optimizer, std::unique_ptr<Schedule> schedule,
          std::unique_ptr<Batches> batches, const LearnerOptions& options);

  /// One update. Throws Error(diverged) if loss or gradient is not finite; the weights are then as
  /// before the step. With ranks all make it together, on the gradient of the whole batch; what
  /// they find and their wishes are then those of all.
  StepResult step(Wishes wishes = {});

  std::int64_t steps() const noexcept { return steps_; }  ///< made so far
  std::int64_t epoch() const noexcept { return epoch_; }  ///< completed
  std::int64_t batch() const noexcept { return batch_; }  ///< of the present epoch, completed
  bool finished() const noexcept { return steps_ >= options_.total_steps; }
  const Batches& batches() const noexcept { return *batches_; }
  Schedule& schedule() noexcept { return *schedule_; }
  StepTimes& times() noexcept { return times_; }

  /// Position, carried state, optimizer and schedule; not the weights. With ranks all must save at
  /// once: the carried state is put together.
  Archive save() const;
  void restore(const Archive& state);

 private:
  /// Forward and backward: leaves the gradient of the batch in the parameters.
  StepResult differentiate(const Batch& batch, Wishes wishes);
  /// The carried state of all ranks.
  Archive save_carry() const;
  void restore_carry(const Archive& state);
  /// Puts frozen parameters into `frozen_`, or back.
  void copy_frozen(bool back);

  Model& model_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Schedule> schedule_;
  std::unique_ptr<Batches> batches_;
  LearnerOptions options_;
  std::int64_t steps_ = 0, epoch_ = 0, batch_ = 0;
  bool epoch_begun_ = false;
  std::vector<float> frozen_;  ///< what they are, while the optimizer works
  Carry carry_;
  Graph graph_;
  std::unique_ptr<GradientSum> gradient_sum_;  ///< null without other ranks
  std::vector<double> sums_;                   ///< of the gradient's squares, by pieces
  StepTimes times_;
};

}  // namespace unroll
