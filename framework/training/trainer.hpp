// Trainer: an experiment from data to run file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <unroll/core/stop_flag.hpp>
#include <unroll/model/dataset.hpp>
#include <unroll/results/run_record.hpp>
#include <unroll/training/coverage.hpp>
#include <unroll/training/evaluate.hpp>
#include <unroll/training/experiment.hpp>
#include <unroll/training/judgement.hpp>
#include <unroll/training/learner.hpp>
#include <unroll/training/model.hpp>
#include <unroll/training/transfer.hpp>

namespace unroll {

class Ranks;
class Registry;
struct RunRecord;
class RunWriter;

struct Progress {
  std::int64_t step = 0, total_steps = 0;
  std::int64_t epoch = 0, epochs = 0;   ///< epoch counts from 1
  std::int64_t batch = 0, batches = 0;  ///< within the epoch, from 1
  double loss = 0;                      ///< nats a token, smoothed over the last steps
  double last_loss = 0;                 ///< of this step alone
  double gradient_norm = 0;             ///< before clipping
  double learning_rate = 0;
  double targets_per_second = 0;  ///< while training, evaluation not counted
  double seconds = 0;             ///< since training began, earlier sittings included
  double seconds_left = 0;        ///< at the present speed, evaluations included
  std::int64_t targets = 0;       ///< trained on in this sitting
  StepTimes times;                ///< of this sitting
};

struct EvaluationReport {
  std::int64_t step = 0, epoch = 0;
  Figures train;  ///< since the last evaluation, while learning
  std::optional<Figures> validation;
  std::vector<Metric> metrics;  ///< of the task, on the validation split
  bool best = false;            ///< the best so far
};

/// A text that was written, or what was predicted of a held-out example.
struct SampleReport {
  std::int64_t step = 0;
  std::string sampler;  ///< its label, e.g. "temperature 0.8"; "likeliest" of predictions
  std::string prompt, text;
  std::int64_t unknown = 0;             ///< tokens of the prompt that the vocabulary lacks
  std::optional<std::string> expected;  ///< of a held-out example
  std::vector<Metric> figures{};        ///< of a text that was written: how varied, how likely
};

/// Told what happens while training. Called from the training thread, between steps.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_step(const Progress&) {}
  virtual void on_evaluation(const EvaluationReport&) {}
  virtual void on_samples(const std::vector<SampleReport>&) {}
  virtual void on_checkpoint(std::int64_t /*step*/, double /*seconds it took*/) {}
  virtual void on_early_stop(std::int64_t /*step*/, std::int64_t /*best step*/) {}
};

enum class Status { completed, interrupted };

/// How a run goes on otherwise than it was begun.
struct Continuation {
  /// In the place of its own options; of the same model and data. May be null.
  const ExperimentOptions* options = nullptr;
  /// Beyond its planned end, or beyond where it stopped early.
  std::int64_t more_epochs = 0;
};

/// What a run will do, known before it starts.
struct Plan {
  std::int64_t parameters = 0;
  std::int64_t vocabulary = 0;
  std::optional<Coverage> text, target;  ///< of the vocabularies that the data needs
  Task task;
  bool whole = false;  ///< are the data whole examples?
  std::int64_t classes = 0;
  /// Targets to predict: tokens or examples, as the task counts.
  std::int64_t train_targets = 0, validation_targets = 0, test_targets = 0;
  std::int64_t steps_per_epoch = 0, total_steps = 0;
  std::int64_t targets_per_step = 0;
  std::uint64_t weight_bytes = 0;  ///< weights, gradients and moments
  bool counts = false;             ///< an n-gram model: one pass, no steps
  std::string split_name;
  std::vector<std::string> notices;      ///< of the dataset, for people
  std::optional<TransferList> transfer;  ///< of a new run that begins with another's weights
  std::int64_t frozen = 0;               ///< learnt values that stay as they are
};

/// What a short trial of the first steps showed; the trainer is as before it.
struct Trial {
  double seconds_per_step = 0;
  double targets_per_second = 0;
  StepTimes times;
};

struct Summary {
  Status status = Status::completed;
  std::string reason;  ///< of an interruption, as in the run file
  std::int64_t steps = 0, epochs = 0;
  bool stopped_early = false;
  Figures train;                                         ///< of the last evaluation
  std::optional<Figures> validation;                     ///< of the weights kept
  std::int64_t best_step = 0;                            ///< whose validation loss was the best
  std::vector<Metric> validation_metrics, test_metrics;  ///< of the task
  std::optional<Figures> test;                           ///< of the weights kept
  std::vector<SampleReport> samples;                     ///< the last that were written
  double seconds = 0;
  double targets_per_second = 0;
  StepTimes times;
  std::vector<Judgement> judgements;  ///< of a completed run, as the experiment expects
};

/// Loads the data, learns the vocabulary, makes the model, trains it, and writes the run file as
/// it goes. Throws Error(data) for data that cannot be used and Error(usage) for options that do
/// not go together.
///
/// With `ranks`, which must outlive it, every one of them makes the same trainer and takes its
/// share of each batch: the run is that of one process, but for the order of sums and the units
/// dropped. Rank 0 alone has a run file, samples, and looks on. A request to stop, of whichever
/// rank, is obeyed by all between two steps.
class Trainer {
 public:
  Trainer(ExperimentOptions options, const Registry& registry, Ranks* ranks = nullptr);
  /// Continues a run where its last checkpoint stands, to the very bits of a run that was never
  /// interrupted. The data files must be as they were. A completed run that goes on for more
  /// epochs reaches the bits of one that was begun with as many, unless its schedule looks at the
  /// end (cosine) or it had stopped early. Throws Error(usage) where a model that counts is to go
  /// on for more epochs.
  static Trainer resume(const RunRecord& run, const Registry& registry,
                        const Continuation& how = {}, Ranks* ranks = nullptr);
  Trainer(Trainer&&) noexcept;
  ~Trainer();

  const ExperimentOptions& options() const noexcept;
  const Plan& plan() const noexcept;
  Model& model() noexcept;
  const std::vector<DataFile>& data_files() const noexcept;
  /// 0 for a new run.
  std::int64_t step() const noexcept;

  /// Runs `steps` steps for their time and puts everything back.
  Trial trial(std::int64_t steps);

  /// Trains to the end, or until `*stop` is not 0: then the state is saved, and the status is
  /// interrupted with a reason. `file` null: nothing is written. Throws Error(diverged) when loss
  /// or gradient is no longer finite, with all metrics kept and the file's status failed.
  Summary train(RunWriter* file, Observer& observer, const StopFlag* stop);

 private:
  struct Impl;
  explicit Trainer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace unroll
