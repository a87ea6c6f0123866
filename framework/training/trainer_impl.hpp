// The inside of Trainer: trainer.cpp makes it and saves it, sitting.cpp lets it run.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include <unroll/plugin/registry.hpp>
#include <unroll/results/run_file.hpp>
#include <unroll/training/learner.hpp>
#include <unroll/training/recorder.hpp>
#include <unroll/training/run_state.hpp>
#include <unroll/training/trainer.hpp>

namespace unroll {

using Clock = std::chrono::steady_clock;

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

inline bool stopped(const volatile std::sig_atomic_t* stop) {
  return stop != nullptr && *stop != 0;
}

struct Trainer::Impl {
  Impl(ExperimentOptions experiment, const Registry& plugins, const Vocabulary* known);

  void make_learner(TokenTexts train);
  Checkpoint checkpoint_now();
  void restore(const RunRecord& run);

  // One sitting; false: interrupted, with something left to do.
  bool count(Observer& observer, Recorder& recorder, const volatile std::sig_atomic_t* stop);
  bool learn(Observer& observer, Recorder& recorder, const volatile std::sig_atomic_t* stop);
  void one_step(Observer& observer);
  bool do_what_is_due(Observer& observer, Recorder& recorder,
                      const volatile std::sig_atomic_t* stop);
  bool evaluation(Observer& observer, Recorder& recorder, const volatile std::sig_atomic_t* stop);
  bool samples(Observer& observer, Recorder& recorder, const volatile std::sig_atomic_t* stop);
  void log(Recorder& recorder);
  void checkpoint(Observer& observer, Recorder& recorder);
  void keep_best();
  Summary finish(bool complete, Recorder& recorder);
  double tokens_per_second() const;
  double total_seconds() const { return state.seconds + seconds_since(began); }

  ExperimentOptions options;
  const Registry& registry;
  std::vector<DataFile> files;
  TokenTexts counted, validation, test;
  Model model;
  std::unique_ptr<Learner> learner;  ///< null for models that count
  Plan plan;
  RunState state;
  std::uint64_t data = 0xcbf29ce484222325;
  double characters_per_token = 1;
  double smoothed = 0;
  std::int64_t smoothed_steps = 0;
  std::int64_t tokens = 0;  ///< trained on in this sitting
  double step_seconds = 0;  ///< for these tokens
  std::int64_t evaluations = 0;
  Clock::time_point began = Clock::now(), last_checkpoint = Clock::now();
};

}  // namespace unroll
