#include "bench_training.hpp"

#include <algorithm>
#include <chrono>

#include <unroll/tensor/product_count.hpp>

#include "interrupt.hpp"
#include "new_run.hpp"
#include "scratch_folder.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kWarmUpSteps = 3;
constexpr std::size_t kLeastSteps = 5;

struct Phase {
  const char* name;
  double StepTimes::*seconds;
};
constexpr Phase kPhases[] = {{"data", &StepTimes::data},
                             {"forward", &StepTimes::forward},
                             {"backward", &StepTimes::backward},
                             {"exchange", &StepTimes::exchange},
                             {"optimizer", &StepTimes::optimizer}};

/// What one step took, from the end of the step before: what that one left to do is in it.
struct Step {
  double seconds = 0;
  StepTimes times;
  std::int64_t targets = 0, operations = 0;
};

/// Looks at the clocks after each step and ends training after enough of them.
class Stopwatch final : public Observer {
 public:
  explicit Stopwatch(const MeasuredSteps& wanted) : wanted_(wanted) {}

  void on_step(const Progress& progress) override {
    const Clock::time_point now = Clock::now();
    const std::int64_t operations = product_operations();
    if (stop_ != 0) return;  // ranks agree on the end during one more step
    if (++seen_ > kWarmUpSteps) {
      Step step;
      step.seconds = seconds(now - last_);
      for (const Phase& phase : kPhases)
        step.times.*phase.seconds = progress.times.*phase.seconds - times_.*phase.seconds;
      step.targets = progress.targets - targets_;
      step.operations = operations - operations_;
      steps_.push_back(step);
    } else {
      began_ = now;
    }
    const std::size_t measured = steps_.size();
    const bool enough = wanted_.steps > 0
                            ? measured >= static_cast<std::size_t>(wanted_.steps)
                            : measured >= kLeastSteps && seconds(now - began_) > wanted_.seconds;
    if (enough || *stop_flag() != 0) stop_ = kTimeIsUp;
    if (measured > 0 && line_.due())
      line_.show(fmt::format("training: {} steps measured", measured));
    times_ = progress.times;
    targets_ = progress.targets;
    operations_ = operations;
    last_ = now;
  }

  const std::vector<Step>& steps() const noexcept { return steps_; }
  const StopFlag* stop() const noexcept { return &stop_; }

 private:
  static double seconds(Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
  }

  ProgressLine line_;
  MeasuredSteps wanted_;
  std::int64_t seen_ = 0;
  StopFlag stop_ = 0;
  std::vector<Step> steps_;
  StepTimes times_;
  std::int64_t targets_ = 0, operations_ = 0;
  Clock::time_point began_, last_;
};

template <typename Function>
Spread spread_over(const std::vector<Step>& steps, const Function& function) {
  std::vector<double> values(steps.size());
  std::transform(steps.begin(), steps.end(), values.begin(), function);
  return spread_of(std::move(values));
}

template <typename Function>
double sum_over(const std::vector<Step>& steps, const Function& function) {
  double sum = 0;
  for (const Step& step : steps) sum += function(step);
  return sum;
}

}  // namespace

void without_interludes(ExperimentOptions& options) {
  TrainingOptions& training = options.training;
  training.epochs = 1'000'000;
  training.max_steps = 0;
  training.evaluate_every = training.sample_every = training.checkpoint_every = 1'000'000'000;
  training.checkpoint_seconds = 0;
  options.generate.samplers.clear();
}

TrainingSpeed measure_training(Trainer& trainer, const CheckedExperiment& experiment,
                               const MeasuredSteps& wanted) {
  const ScratchFolder folder("bench");
  Stopwatch watch(wanted);
  {
    RunWriter file = RunWriter::create(folder.path() / "run.h5", make_record(experiment, trainer));
    trainer.train(&file, watch, watch.stop());
  }
  TrainingSpeed found;
  if (*stop_flag() != 0) return found;
  const std::vector<Step>& all = watch.steps();
  const auto whole = [](const Step& step) { return step.seconds; };
  const double total = sum_over(all, whole);
  found.steps = all.size();
  found.step_ms = spread_over(all, [](const Step& step) { return 1e3 * step.seconds; });
  const auto phase = [&](const char* name, const auto& seconds) {
    found.phases.push_back({name, spread_over(all, [&](const Step& s) { return 1e3 * seconds(s); }),
                            sum_over(all, seconds) / total});
  };
  for (const Phase& each : kPhases) {
    const auto seconds = [&](const Step& step) { return step.times.*each.seconds; };
    if (each.seconds != &StepTimes::exchange || sum_over(all, seconds) > 0)
      phase(each.name, seconds);
  }
  phase("logging", [](const Step& step) { return step.seconds - step.times.steps(); });
  const auto rate = [](const Step& s) { return static_cast<double>(s.targets) / s.seconds; };
  const auto gflop = [](const Step& s) { return 1e-9 * static_cast<double>(s.operations); };
  const auto speed = [&](const Step& s) { return gflop(s) / s.seconds; };
  found.targets_per_s = spread_over(all, rate).median;
  found.gflop_per_step = spread_over(all, gflop).median;
  found.product_gflop_per_s = spread_over(all, speed).median;
  return found;
}

}  // namespace unroll::cli
