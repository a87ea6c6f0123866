// Recorder: what training writes to a run file, and under which names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <unroll/training/held_out.hpp>
#include <unroll/training/microscope.hpp>
#include <unroll/training/trainer.hpp>

namespace unroll {

struct Checkpoint;

/// Does nothing where there is no file. Splits: train, validation, test. What differs from one run
/// of the same seed to the next, speed and time, goes to the file's timing tables.
class Recorder {
 public:
  explicit Recorder(RunWriter* file) : file_(file) {}

  bool writes() const noexcept { return file_ != nullptr; }
  void train(std::int64_t step, Task::Goal goal, const Figures& figures, double gradient_norm,
             double learning_rate);
  void split(const std::string& name, std::int64_t step, Task::Goal goal, const HeldOut& found);
  void timing(std::int64_t step, Task::Goal goal, double targets_per_second, double seconds);
  void samples(const std::vector<SampleReport>& reports);
  /// Adds a row of what the microscope saw to a table of the run record, and drops rows that a run
  /// of this length does not have.
  void look(Archive RunRecord::*table, std::int64_t step, const Intervals& intervals,
            const Archive& row);
  void reading(Archive found);
  void judgements(const std::vector<Judgement>& judgements);
  /// Is there a file that lacks a first checkpoint?
  bool begin() const;
  /// Writes that one, which is in its place when this returns.
  void first_checkpoint(Checkpoint checkpoint);
  /// Begins to write another; training goes on meanwhile, unless it is a matter of a moment.
  void checkpoint(Checkpoint checkpoint);
  /// Between steps: throws what went wrong with the last checkpoint.
  void poll();
  /// How long the last checkpoint took to write.
  double writing_seconds() const;
  /// Weights that turned out the best after the last checkpoint.
  void best(RunRecord::Best best);
  void finish(Status status, const std::string& reason);
  /// The run failed: all that was recorded is kept, and the last checkpoint. A second failure
  /// while saying so is not reported: the first one is what matters.
  void fail(const std::string& reason, bool diverged) noexcept;

 private:
  RunWriter* file_;
};

}  // namespace unroll
