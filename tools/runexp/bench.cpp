// runexp bench: how fast an experiment trains and writes on this machine. Nothing is saved.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include <unroll/core/text.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/training/generation.hpp>
#include <unroll/training/trainer.hpp>

#include "commands.hpp"
#include "experiment_arguments.hpp"
#include "interrupt.hpp"
#include "json_output.hpp"
#include "memory.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kWarmUpSteps = 3;
constexpr std::int64_t kWarmUpTokens = 50;
constexpr std::int64_t kSampleTokens = 2000;

struct Options {
  ExperimentArguments experiment;
  std::int64_t steps = 0;
  bool json = false;
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Notes how long each whole step takes and ends training after enough of them: `steps`, or as
/// many as eight seconds hold.
class Stopwatch final : public Observer {
 public:
  explicit Stopwatch(std::int64_t steps) : wanted_(static_cast<std::size_t>(steps)) {}

  void on_step(const Progress&) override {
    const Clock::time_point now = Clock::now();
    if (++seen_ > kWarmUpSteps) {
      steps_.push_back(std::chrono::duration<double>(now - last_).count());
    } else {
      began_ = now;
    }
    const bool enough =
        wanted_ > 0 ? steps_.size() >= wanted_ : steps_.size() >= 5 && seconds_since(began_) > 8;
    if (enough || *stop_flag() != 0) stop_ = 1;
    last_ = Clock::now();
  }

  const std::vector<double>& steps() const noexcept { return steps_; }
  const StopFlag* stop() const noexcept { return &stop_; }

 private:
  std::size_t wanted_;
  std::size_t seen_ = 0;
  StopFlag stop_ = 0;
  std::vector<double> steps_;
  Clock::time_point began_, last_;
};

/// Multiplications and additions of this machine's matrix product a second, in 10^9.
double gemm_peak() {
  constexpr std::int64_t n = 1024;
  const std::vector<float> a(n * n, 0.5F), b(n * n, 0.25F);
  std::vector<float> c(n * n);
  double best = 1e9;
  for (int i = 0; i < 10; ++i) {
    const auto start = Clock::now();
    gemm(false, false, n, n, n, 1.0F, a.data(), n, b.data(), n, 0.0F, c.data(), n);
    best = std::min(best, seconds_since(start));
  }
  return 2.0 * n * n * n / best * 1e-9;
}

double sample_seconds_per_token(const Trainer& trainer, const Model& model,
                                const Registry& registry) {
  const auto& samplers = trainer.options().generate.samplers;
  const PluginChoice choice = samplers.empty() ? PluginChoice{"greedy", {}, {}} : samplers.back();
  const auto sampler = registry.make_sampler(choice);
  RandomStream random(trainer.options().seed, "bench");
  Generator generator(model);
  generator.write(kWarmUpTokens, *sampler, random);
  const Generated text = generator.write(kSampleTokens, *sampler, random);
  return text.seconds / static_cast<double>(std::max<std::int64_t>(text.tokens, 1));
}

void print_for_people(const Json& found) {
  fmt::print("{}, {} threads, {} parameters\n",
             styled(stdout, Style::bold, found["experiment"].get<std::string>()),
             found["threads"].get<int>(), found["parameters"].get<std::int64_t>());
  const auto row = [](const char* name, const std::string& text) {
    fmt::print("  {:<18} {}\n", name, text);
  };
  if (found.contains("train_tokens_per_s")) {
    row("training", fmt::format("{} tokens/s ({:.2f} ms a step, median of {})",
                                human_count(found["train_tokens_per_s"].get<double>()),
                                found["step_ms"].get<double>(), found["steps"].get<int>()));
    for (const auto& [phase, share] : found["phases"].items())
      row(("  " + phase).c_str(), fmt::format("{:.1f} %", 100 * share.get<double>()));
  }
  if (found.contains("sample_us_per_token"))
    row("writing", fmt::format("{:.1f} us a token", found["sample_us_per_token"].get<double>()));
  row("peak memory", human_bytes(found["peak_memory_bytes"].get<std::uint64_t>()));
  row("matrix product", fmt::format("{:.0f} GFLOP/s", found["gemm_gflops"].get<double>()));
}

int run_bench(const Options& options) {
  CheckedExperiment experiment = read(options.experiment);
  TrainingOptions& training = experiment.options.training;
  training.epochs = 1'000'000;  // the stopwatch ends it
  training.max_steps = 0;
  training.evaluate_every = training.sample_every = training.checkpoint_every = 1'000'000'000;
  training.checkpoint_seconds = 0;
  Trainer trainer(experiment.options, *experiment.registry);
  Json found = {{"experiment", trainer.options().experiment},
                {"processor", Engine::get().processor()},
                {"threads", Engine::get().threads()},
                {"parameters", trainer.plan().parameters},
                {"vocabulary", trainer.plan().vocabulary}};
  if (!trainer.plan().counts) {
    Stopwatch watch(options.steps);
    const Summary summary = trainer.train(nullptr, watch, watch.stop());
    if (*stop_flag() != 0) return interrupted_code();
    const double step = median(watch.steps());
    found["steps"] = watch.steps().size();
    found["step_ms"] = 1e3 * step;
    found["tokens_per_step"] = trainer.plan().targets_per_step;
    found["train_tokens_per_s"] = static_cast<double>(trainer.plan().targets_per_step) / step;
    const StepTimes& times = summary.times;
    found["phases"] = {{"data", times.data / times.steps()},
                       {"forward", times.forward / times.steps()},
                       {"backward", times.backward / times.steps()},
                       {"clip and optimizer", times.optimizer / times.steps()}};
  }
  if (trainer.plan().task.goal == Task::Goal::next_token &&
      trainer.model().architecture->decoder(1)) {
    found["sample_us_per_token"] =
        1e6 * sample_seconds_per_token(trainer, trainer.model(), *experiment.registry);
  }
  found["peak_memory_bytes"] = peak_memory();
  found["gemm_gflops"] = gemm_peak();
  if (options.json)
    print_json(found);
  else
    print_for_people(found);
  return 0;
}

}  // namespace

void add_bench(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(
      app, chosen, "bench", "measures the speed of training and writing",
      "runexp bench experiments/lesson_char_lstm.yaml --set model.many_to_many.hidden=512 --json",
      options, run_bench);
  add_experiment_arguments(command, options->experiment);
  command.add_option("--steps", options->steps, "training steps to measure (default: 8 seconds)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
  command.add_flag("--json", options->json, "as JSON");
}

}  // namespace unroll::cli
