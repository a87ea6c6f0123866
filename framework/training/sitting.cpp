// One sitting of a run: steps, and between them what is due.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <new>

#include <unroll/core/error.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/training/trainer_impl.hpp>

namespace unroll {
namespace {

/// A histogram of every parameter costs a small part of a step.
const Intervals kHistograms(10);

void add(Figures& sum, const Figures& more) {
  sum.total += more.total;
  sum.counted += more.counted;
  sum.correct += more.correct;
  sum.characters += more.characters;
}

}  // namespace

double Trainer::Impl::targets_per_second() const {
  return step_seconds > 0 ? static_cast<double>(targets) / step_seconds : 0;
}

/// As rank 0 finds, which writes it. Begun so early that it is in its place, if it takes as long as
/// the last one, when the interval ends: a kill costs no more than that.
bool Trainer::Impl::checkpoint_time_is_up(const Recorder& recorder) const {
  const double interval = options.training.checkpoint_seconds;
  const double early = std::min(recorder.writing_seconds(), interval / 2);
  return !helps() && interval > 0 && seconds_since(last_checkpoint) >= interval - early;
}

void Trainer::Impl::one_step(Observer& observer, const Recorder& recorder) {
  const double before = learner->times().steps();
  const StepResult result = learner->step({stopped(asked), checkpoint_time_is_up(recorder)});
  const double taken = learner->times().steps() - before;
  const TrainingOptions& t = options.training;
  const std::int64_t step = learner->steps();
  const bool epoch_ends = learner->batch() == 0;

  const Figures figures{result.total, result.counted, result.correct,
                        std::llround(static_cast<double>(result.counted) * characters_per_token)};
  add(state.since_log, figures);
  add(state.since_evaluation, figures);
  state.norms_since_log += result.gradient_norm;
  state.steps_since_log += 1;
  state.learning_rate = result.learning_rate;
  targets += result.counted;
  step_seconds += taken;

  const auto every = [&](std::int64_t steps) { return steps > 0 ? step % steps == 0 : epoch_ends; };
  state.due.look = kHistograms.due(step);
  state.due.log = step % t.log_every == 0;
  state.due.evaluation = every(t.evaluate_every);
  state.due.samples =
      writes_samples() && (t.sample_every > 0 ? every(t.sample_every) : state.due.evaluation);
  state.due.checkpoint = every(t.checkpoint_every) || result.wishes.checkpoint;
  if (result.wishes.stop) agreed = stopped(asked) ? asked->load() : SIGTERM;

  // A running mean over about the last hundred steps.
  smoothed_steps = std::min<std::int64_t>(smoothed_steps + 1, 100);
  smoothed += (figures.loss() - smoothed) / static_cast<double>(smoothed_steps);
  Progress progress;
  progress.step = step;
  progress.total_steps = plan.total_steps;
  progress.epoch = epoch_ends ? learner->epoch() : learner->epoch() + 1;
  progress.epochs = (plan.total_steps + plan.steps_per_epoch - 1) / plan.steps_per_epoch;
  progress.batch = epoch_ends ? plan.steps_per_epoch : learner->batch();
  progress.batches = plan.steps_per_epoch;
  progress.loss = smoothed;
  progress.last_loss = figures.loss();
  progress.gradient_norm = result.gradient_norm;
  progress.learning_rate = result.learning_rate;
  progress.targets_per_second = targets_per_second();
  progress.seconds = total_seconds();
  const auto left = static_cast<double>(plan.total_steps - step);
  const StepTimes& times = learner->times();
  const double each = step_seconds / static_cast<double>(std::max<std::int64_t>(targets, 1));
  progress.seconds_left = left * static_cast<double>(plan.targets_per_step) * each;
  if (evaluations > 0) {
    const auto interval = static_cast<double>(steps_between_evaluations());
    progress.seconds_left += std::ceil(left / interval) * (times.evaluation + times.samples) /
                             static_cast<double>(evaluations);
  }
  progress.targets = targets;
  progress.times = times;
  observer.on_step(progress);
}

void Trainer::Impl::look(Recorder& recorder) {
  if (!microscope) return;
  const auto start = Clock::now();
  if (options.evaluation.histograms)
    recorder.look(&RunRecord::histograms, learner->steps(), kHistograms, microscope->histograms());
  learner->times().microscope += seconds_since(start);
  if (learner->steps() == 1) look_at_recurrence(recorder);
}

/// At the first step and with evaluations.
void Trainer::Impl::look_at_recurrence(Recorder& recorder) {
  if (!microscope || !options.evaluation.recurrence) return;
  const Intervals intervals(steps_between_evaluations());
  if (!intervals.due(learner->steps()) && !learner->finished()) return;
  const auto start = Clock::now();
  // Watched step by step, it takes other memory than training does, which would stay beside it.
  Pool& pool = Engine::get().pool();
  pool.trim();
  recorder.look(&RunRecord::recurrence, learner->steps(), intervals, microscope->recurrence());
  pool.trim();
  learner->times().microscope += seconds_since(start);
}

void Trainer::Impl::log(Recorder& recorder) {
  recorder.train(learner->steps(), plan.task.goal, state.since_log,
                 state.norms_since_log / static_cast<double>(state.steps_since_log),
                 state.learning_rate);
  recorder.timing(learner->steps(), plan.task.goal, targets_per_second(), total_seconds());
  state.since_log = {};
  state.norms_since_log = 0;
  state.steps_since_log = 0;
}

void Trainer::Impl::keep_best() {
  const EarlyStopping& stopping = options.training.early_stopping;
  const double loss = state.validation->loss();
  if (loss < state.best.loss) {
    state.best = {loss, learner->steps(), *state.validation, state.validation_metrics, std::nullopt,
                  false};
    if (stopping.restore_best) state.best.weights = save_weights(model);
  }
  if (loss < state.counted_loss - stopping.minimum_improvement) {
    state.counted_loss = loss;
    state.waited = 0;
  } else if (++state.waited >= stopping.patience && stopping.patience > 0) {
    state.stopped_early = true;
  }
}

bool Trainer::Impl::evaluation(Observer& observer, Recorder& recorder, const StopFlag* stop) {
  const auto start = Clock::now();
  std::optional<HeldOut> found;
  if (validation.size() > 0) {
    found = examine(model, validation, held_out_options(options.evaluation.texts), stop);
    if (stopped(stop)) return false;
    if (!std::isfinite(found->figures.total))
      fail(Failure::diverged, "step {}: the validation loss is {}", learner->steps(),
           found->figures.loss());
    recorder.split("validation", learner->steps(), plan.task.goal, *found);
  }
  state.train = state.since_evaluation;
  state.validation = found ? std::optional(found->figures) : std::nullopt;
  state.validation_metrics = found ? found->metrics : std::vector<Metric>();
  state.since_evaluation = {};
  learner->schedule().observe(found ? found->figures.loss() : state.train->loss());
  if (found) keep_best();
  learner->times().evaluation += seconds_since(start);
  if (learner->steps() > 1) look_at_recurrence(recorder);
  ++evaluations;
  const std::int64_t epoch = learner->batch() == 0 ? learner->epoch() : learner->epoch() + 1;
  observer.on_evaluation({learner->steps(), epoch, *state.train, state.validation,
                          state.validation_metrics, found && state.best.step == learner->steps()});
  if (found && !found->rows.empty()) {
    const std::vector<SampleReport> reports = reports_of(*found);
    recorder.samples(reports);
    observer.on_samples(reports);
  }
  return true;
}

bool Trainer::Impl::samples(Observer& observer, Recorder& recorder, const StopFlag* stop) {
  if (helps()) return true;
  const auto start = Clock::now();
  std::vector<SampleReport> reports =
      plan.task.goal == Task::Goal::text ? written_samples(stop) : prompted_samples(stop);
  if (stopped(stop)) return false;
  last_samples = std::move(reports);
  recorder.samples(last_samples);
  if (learner) {
    state.sampled_step = learner->steps();
    learner->times().samples += seconds_since(start);
  }
  observer.on_samples(last_samples);
  return true;
}

/// A new run's first checkpoint is what it begins with, since a transfer might not be repeatable.
void Trainer::Impl::begin(Recorder& recorder) {
  if (!learner || !recorder.begin()) return;
  const auto start = Clock::now();
  recorder.first_checkpoint(checkpoint_now());
  learner->times().checkpoints += seconds_since(start);
}

void Trainer::Impl::checkpoint(Observer& observer, Recorder& recorder) {
  const auto start = Clock::now();
  if (!recorder.writes() && ranks == nullptr) return;
  Checkpoint now = checkpoint_now();  // of all ranks
  if (recorder.writes()) recorder.checkpoint(std::move(now));
  state.best.saved = true;
  last_checkpoint = Clock::now();
  if (!learner) return;
  saved_step = learner->steps();
  const double taken = seconds_since(start);
  learner->times().checkpoints += taken;
  observer.on_checkpoint(learner->steps(), taken);
}

bool Trainer::Impl::do_what_is_due(Observer& observer, Recorder& recorder, const StopFlag* stop) {
  Due& due = state.due;
  if (due.look) {
    look(recorder);
    due.look = false;
  }
  if (due.log) {
    log(recorder);
    due.log = false;
  }
  if (due.evaluation) {
    if (!evaluation(observer, recorder, stop)) return false;
    due.evaluation = false;
  }
  if (due.samples) {
    if (!samples(observer, recorder, stop)) return false;
    due.samples = false;
  }
  if (due.checkpoint) {
    due.checkpoint = false;
    checkpoint(observer, recorder);
  }
  return true;
}

bool Trainer::Impl::learn(Observer& observer, Recorder& recorder, const StopFlag* stop) {
  for (;;) {
    if (!do_what_is_due(observer, recorder, stop)) return false;
    if (learner->finished()) return true;
    if (state.stopped_early) {
      observer.on_early_stop(learner->steps(), state.best.step);
      return true;
    }
    if (stopped(stop)) return false;
    one_step(observer, recorder);
    recorder.poll();
  }
}

bool Trainer::Impl::count(Observer& observer, Recorder& recorder, const StopFlag* stop) {
  const auto start = Clock::now();
  if (plan.whole) {
    BatchOptions one;
    one.batch = 1;
    one.shuffle = false;
    const auto batches = make_examples(train, *model.domain, plan.task, one);
    for (std::int64_t i = 0; i < batches->per_epoch(); ++i)
      model.architecture->count(batches->get(i));
  } else {
    for (std::size_t i = 0; i < train.text.count(); ++i)
      if (const TokenSpan text = train.text.text(i); text.size() >= 2)
        model.architecture->count(make_documents({text}, text.size() - 1)->get(0));
  }
  targets = plan.train_targets;
  step_seconds = seconds_since(start);
  if (validation.size() > 0) {
    const HeldOut found =
        examine(model, validation, held_out_options(options.evaluation.texts), stop);
    if (stopped(stop)) return false;
    state.validation = found.figures;
    recorder.split("validation", 0, plan.task.goal, found);
    recorder.timing(0, plan.task.goal, targets_per_second(), total_seconds());
    observer.on_evaluation({0, 1, {}, state.validation, found.metrics, true});
  }
  return !writes_samples() || samples(observer, recorder, stop);
}

Summary Trainer::train(RunWriter* file, Observer& observer, const StopFlag* stop) {
  Impl& run = *impl_;
  Recorder recorder(file);
  run.began = run.last_checkpoint = Clock::now();
  run.asked = stop;
  run.agreed = 0;
  if (run.ranks != nullptr) stop = &run.agreed;
  if (file != nullptr) {
    file->record().environment.put("data/split", run.plan.split_name);
    const auto notices = static_cast<std::int64_t>(run.plan.notices.size());
    if (notices > 0)
      file->record().environment.put("data/notices", Array{{notices}, run.plan.notices, {}});
    file->record().reading = {};  // of a model that is about to change
    if (run.learner) run.microscope.emplace(run.model, run.validation, run.train);
    file->keep({run.options.training.keep, run.options.training.keep_every});
    file->start();
  }
  try {
    run.begin(recorder);
    bool complete =
        run.plan.counts ? run.count(observer, recorder, stop) : run.learn(observer, recorder, stop);
    if (!run.learner || run.saved_step != run.learner->steps()) run.checkpoint(observer, recorder);
    if (complete && run.learner) complete = run.close(observer, recorder, stop);
    return run.finish(complete, recorder, stop);
  } catch (const std::exception& error) {
    const auto* known = dynamic_cast<const Error*>(&error);
    const bool memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
    recorder.fail(memory ? "out of memory" : error.what(),
                  known != nullptr && known->kind() == Failure::diverged);
    throw;
  }
}

}  // namespace unroll
