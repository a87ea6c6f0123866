// The inside of Trainer: trainer.cpp makes it and saves it, sitting.cpp lets it run, ending.cpp
// ends it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <unroll/metrics/known_words.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/results/run_file.hpp>
#include <unroll/training/held_out.hpp>
#include <unroll/training/learner.hpp>
#include <unroll/training/microscope.hpp>
#include <unroll/training/ranks.hpp>
#include <unroll/training/recorder.hpp>
#include <unroll/training/run_state.hpp>
#include <unroll/training/trainer.hpp>

namespace unroll {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Trainer::Impl {
  /// `known`: what a run that goes on knows of its data; null for a new one.
  Impl(ExperimentOptions experiment, const Registry& plugins, const Domain* known,
       std::int64_t more_epochs, Ranks* others);

  void make_learner(std::int64_t more_epochs);
  HeldOutOptions held_out_options(std::int64_t texts) const;
  std::vector<SampleReport> reports_of(const HeldOut& found) const;
  std::vector<SampleReport> prompted_samples(const StopFlag* stop);
  std::vector<SampleReport> written_samples(const StopFlag* stop) const;
  Encoded prompts_to_answer() const;
  const metrics::KnownWords& known_words();
  Checkpoint checkpoint_now();
  void restore(const RunRecord& run);

  // One sitting; false: interrupted, with something left to do.
  bool count(Observer& observer, Recorder& recorder, const StopFlag* stop);
  bool learn(Observer& observer, Recorder& recorder, const StopFlag* stop);
  void one_step(Observer& observer, const Recorder& recorder);
  bool do_what_is_due(Observer& observer, Recorder& recorder, const StopFlag* stop);
  bool evaluation(Observer& observer, Recorder& recorder, const StopFlag* stop);
  bool samples(Observer& observer, Recorder& recorder, const StopFlag* stop);
  bool close(Observer& observer, Recorder& recorder, const StopFlag* stop);
  void look(Recorder& recorder);
  void look_at_recurrence(Recorder& recorder);
  void read(Recorder& recorder, std::int64_t step);
  void log(Recorder& recorder);
  void begin(Recorder& recorder);
  void checkpoint(Observer& observer, Recorder& recorder);
  void keep_best();
  Summary finish(bool complete, Recorder& recorder, const StopFlag* stop);
  /// Are there samplers, and a model that chooses tokens?
  bool writes_samples() const;
  /// Is it for another rank to write samples and the run file?
  bool helps() const { return ranks != nullptr && ranks->rank() > 0; }
  bool checkpoint_time_is_up(const Recorder& recorder) const;
  std::int64_t steps_between_evaluations() const {
    return options.training.evaluate_every > 0 ? options.training.evaluate_every
                                               : plan.steps_per_epoch;
  }
  double targets_per_second() const;
  double total_seconds() const { return state.seconds + seconds_since(began); }

  ExperimentOptions options;
  const Registry& registry;
  Ranks* ranks;  ///< null: this process is alone
  std::vector<DataFile> files;
  Encoded train, validation, test;
  Model model;
  std::unique_ptr<Learner> learner;      ///< null for models that count
  std::optional<Microscope> microscope;  ///< of a run that is recorded
  Plan plan;
  RunState state;
  std::vector<SampleReport> last_samples;         ///< that the model wrote
  std::optional<metrics::KnownWords> words_seen;  ///< of the training texts, once it is asked for
  std::uint64_t data = 0xcbf29ce484222325;
  double characters_per_token = 1;
  double smoothed = 0;
  std::int64_t smoothed_steps = 0;
  std::int64_t targets = 0;  ///< trained on in this sitting
  double step_seconds = 0;   ///< for these targets
  std::int64_t evaluations = 0;
  std::int64_t saved_step = -1;     ///< of the checkpoint that this sitting wrote last
  const StopFlag* asked = nullptr;  ///< of this rank
  StopFlag agreed = 0;              ///< of all, between two steps
  Clock::time_point began = Clock::now(), last_checkpoint = Clock::now();
};

}  // namespace unroll
