// The end of a run, or of one of its sittings: last figures, the best weights, the verdict.
#include <fmt/format.h>

#include <csignal>
#include <string>

#include <unroll/training/reading.hpp>
#include <unroll/training/trainer_impl.hpp>

namespace unroll {
namespace {

/// Why a run ends before its time, for people.
std::string interruption(const StopFlag* stop) {
  const int number = stop == nullptr ? 0 : stop->load();
  const std::string by = number == kTimeIsUp ? "the end of the time it was given"
                         : number == SIGINT  ? "SIGINT"
                         : number == SIGTERM ? "SIGTERM"
                         : number == SIGUSR1 ? "SIGUSR1"
                                             : "a request";
  return fmt::format("stopped by {}; `runexp resume` continues it", by);
}

}  // namespace

/// What the end of a run adds to what was due: figures of the steps since the last. A run that is
/// longer does not have them, so they come after the last checkpoint, and going on from there
/// forgets them.
bool Trainer::Impl::close(Observer& observer, Recorder& recorder, const StopFlag* stop) {
  if (state.steps_since_log > 0) log(recorder);
  if (state.since_evaluation.counted > 0 && !evaluation(observer, recorder, stop)) return false;
  return !writes_samples() || state.sampled_step == learner->steps() ||
         samples(observer, recorder, stop);
}

void Trainer::Impl::read(Recorder& recorder, std::int64_t step) {
  if (!recorder.writes()) return;
  const auto start = Clock::now();
  const bool validates = validation.size() > 0;
  Archive found =
      read_held_out(model, validates ? validation : test, {.tokens = options.evaluation.reading});
  if (!found.entries().empty()) {
    found.put("split", std::string(validates ? "validation" : "test"));
    found.put("step", step);
  }
  recorder.reading(std::move(found));
  if (learner) learner->times().microscope += seconds_since(start);
}

Summary Trainer::Impl::finish(bool complete, Recorder& recorder, const StopFlag* stop) {
  Summary summary;
  if (!complete) summary.reason = interruption(stop);
  summary.status = complete ? Status::completed : Status::interrupted;
  summary.stopped_early = state.stopped_early;
  summary.train = state.train.value_or(Figures{});
  summary.validation = state.validation;
  summary.validation_metrics = state.validation_metrics;
  const std::int64_t step = learner ? learner->steps() : 0;
  summary.best_step = state.validation ? state.best.step : step;
  if (complete && state.best.weights && state.best.step != step) {
    restore_weights(model, *state.best.weights);
    summary.validation = state.best.figures;
    summary.validation_metrics = state.best.metrics;
  }
  if (complete && test.size() > 0) {
    const HeldOut found = examine(model, test, held_out_options(0));
    summary.test = found.figures;
    summary.test_metrics = found.metrics;
    recorder.split("test", summary.best_step, plan.task.goal, found);
  }
  if (complete) read(recorder, summary.best_step);
  if (complete) {
    summary.judgements = judge(options.expectations(), summary, plan.task.goal);
    recorder.judgements(summary.judgements);
  }
  summary.samples = last_samples;
  if (complete && state.best.weights && !state.best.saved)
    recorder.best({state.best.step, *state.best.weights});
  recorder.finish(summary.status, summary.reason);
  summary.steps = step;
  summary.epochs = learner ? learner->epoch() : 1;
  summary.seconds = total_seconds();
  summary.targets_per_second = targets_per_second();
  if (learner) summary.times = learner->times();
  return summary;
}

}  // namespace unroll
