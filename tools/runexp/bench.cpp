// runexp bench: how fast an experiment trains and writes on this machine, and how well it uses it.
// Nothing is kept.
#include <fmt/format.h>

#include <unroll/core/text.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/peaks.hpp>
#include <unroll/training/held_out.hpp>

#include "bench_training.hpp"
#include "bench_writing.hpp"
#include "commands.hpp"
#include "experiment_arguments.hpp"
#include "interrupt.hpp"
#include "json_output.hpp"
#include "launch.hpp"
#include "memory.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

constexpr std::int64_t kWeightBytes = sizeof(float);
constexpr const char* kReading =
    "Medians; in brackets what a tenth of the measurements lie below and above.";
constexpr const char* kCounted =
    "\n\nProducts are counted as the network asks for them, 2 M N K operations for [M, K] times "
    "[K, N], forward and backward; elementwise work and one-hot input, which is looked up, do not "
    "count. The machine's own product and memory are measured in the same run with the same "
    "threads.";

struct Options {
  ExperimentArguments experiment;
  std::int64_t steps = 0;
  double seconds = 8;
  bool json = false;
};

void add_training(Json& found, const TrainingSpeed& speed, const std::string& unit,
                  std::int64_t targets_per_step) {
  found["train_" + unit + "_per_s"] = speed.targets_per_s;
  found["train_" + unit + "_per_step"] = targets_per_step;
  found["steps"] = speed.steps;
  put(found, "step_ms", speed.step_ms);
  Json& phases = found["phases"] = Json::object();
  for (const PhaseTime& phase : speed.phases) {
    Json& each = phases[phase.name] = {{"share", phase.share}};
    put(each, "ms", phase.milliseconds);
  }
  found["product_gflop_per_step"] = speed.gflop_per_step;
  found["product_gflop_per_s"] = speed.product_gflop_per_s;
}

void add_writing(Json& found, const WritingSpeed& speed) {
  found["sampler"] = speed.sampler;
  found["sample_tokens"] = speed.tokens;
  put(found, "sample_us_per_token", speed.us_per_token);
  // Of one text each weight of a product is used once for each token.
  const double bytes = speed.flop_per_token / 2 * kWeightBytes;
  if (bytes <= 0) return;
  found["sample_weight_bytes_per_token"] = bytes;
  found["sample_weight_gb_per_s"] = 1e-3 * bytes / speed.us_per_token.median;
}

/// The machine's own figures, measured now, and the parts of them that were used.
void add_machine(Json& found) {
  const ProductPeak product = product_peak_f32(), bf16 = product_peak_bf16();
  const TriadSpeed triad = triad_speed();
  found["machine"] = {{"product_f32_gflop_per_s", product.gflop_per_s},
                      {"product_f32_size", product.size},
                      {"product_bf16_gflop_per_s", bf16.gflop_per_s},
                      {"product_bf16_size", bf16.size},
                      {"triad_gb_per_s", triad.gb_per_s},
                      {"triad_one_thread_gb_per_s", triad.one_thread_gb_per_s},
                      {"triad_array_bytes", triad.array_bytes}};
  if (found.contains("product_gflop_per_s")) {
    const bool narrow = found["precision"] == "bf16" && bf16.gflop_per_s > 0;
    found["product_utilisation"] =
        found["product_gflop_per_s"].get<double>() / (narrow ? bf16 : product).gflop_per_s;
  }
  if (!found.contains("sample_weight_bytes_per_token")) return;
  const double bytes = found["sample_weight_bytes_per_token"].get<double>();
  const double reading = reading_speed(static_cast<std::int64_t>(bytes));
  found["machine"]["read_weights_gb_per_s"] = reading;
  found["sample_read_utilisation"] = found["sample_weight_gb_per_s"].get<double>() / reading;
}

double number(const Json& found, const char* key) {
  return found.at(key).get<double>();
}

void row(const std::string& name, const std::string& text) {
  fmt::print("  {:<16} {}\n", name, text);
}

void print_training(const Json& found, const std::string& unit) {
  const std::string rate = fmt::format(
      "{} {}/s", human_count(number(found, ("train_" + unit + "_per_s").c_str())), unit);
  if (!found.contains("steps")) return row("training", rate + ", counting");
  const Spread step = get_spread(found, "step_ms");
  row("training", fmt::format("{}; {:.2f} ms a step ({:.2f} … {:.2f}), {} steps", rate, step.median,
                              step.p10, step.p90, found["steps"].get<std::int64_t>()));
  for (const auto& [name, phase] : found["phases"].items()) {
    const Spread ms = get_spread(phase, "ms");
    row("  " + name, fmt::format("{:8.3f} ms ({:.3f} … {:.3f}) {:5.1f} %", ms.median, ms.p10,
                                 ms.p90, 100 * number(phase, "share")));
  }
  row("  products",
      fmt::format("{:.3g} GFLOP a step in {}, {:.3g} GFLOP/s: {:.0f} % of the machine's",
                  number(found, "product_gflop_per_step"),
                  found["precision"] == "bf16" ? "bfloat16" : "float32",
                  number(found, "product_gflop_per_s"),
                  100 * number(found, "product_utilisation")));
}

void print_writing(const Json& found) {
  const Spread token = get_spread(found, "sample_us_per_token");
  row("writing", fmt::format("{:.2f} us a token ({:.2f} … {:.2f}), {} tokens, {}", token.median,
                             token.p10, token.p90, found["sample_tokens"].get<std::int64_t>(),
                             printable_line(found["sampler"].get<std::string>())));
  if (!found.contains("sample_read_utilisation")) return;
  row("  weights",
      fmt::format("{} a token, {:.3g} GB/s: {:.0f} % of what reading alone would take",
                  human_bytes(found["sample_weight_bytes_per_token"].get<std::uint64_t>()),
                  number(found, "sample_weight_gb_per_s"),
                  100 * number(found, "sample_read_utilisation")));
}

void print_for_people(const Json& found, const std::string& unit) {
  const int processes = found["processes"].get<int>();
  const std::string of = processes > 1 ? fmt::format("{} processes of ", processes) : "";
  fmt::print("{}, {} parameters, {}{} threads\n",
             styled(stdout, Style::bold, printable_line(found["experiment"].get<std::string>())),
             grouped(found["parameters"].get<std::int64_t>()), of, found["threads"].get<int>());
  print_training(found, unit);
  if (found.contains("sample_us_per_token")) print_writing(found);
  row("peak memory", human_bytes(found["peak_memory_bytes"].get<std::uint64_t>()));
  fmt::print("{}\n", found["processor"].get<std::string>());
  const Json& machine = found["machine"];
  row("matrix product", fmt::format("{:.0f} GFLOP/s in float32, {:.0f} in bfloat16",
                                    number(machine, "product_f32_gflop_per_s"),
                                    number(machine, "product_bf16_gflop_per_s")));
  row("memory",
      fmt::format("{:.1f} GB/s, one thread {:.1f} (STREAM triad)",
                  number(machine, "triad_gb_per_s"), number(machine, "triad_one_thread_gb_per_s")));
  if (machine.contains("read_weights_gb_per_s"))
    row("  the weights",
        fmt::format("{:.1f} GB/s, read over and over", number(machine, "read_weights_gb_per_s")));
  fmt::print("{}\n", styled(stdout, Style::dim, kReading));
}

int run_bench(const Options& options) {
  Ranks* ranks = launched_ranks();
  Turn turn(ranks);
  CheckedExperiment experiment = read(options.experiment);
  const auto& samplers = experiment.options.generate.samplers;
  const PluginChoice sampler = samplers.empty() ? PluginChoice{"greedy", {}, {}} : samplers.back();
  without_interludes(experiment.options);
  share_experiment(experiment.options, ranks);
  Trainer trainer(experiment.options, *experiment.registry, ranks);
  turn.over();
  if (helps(ranks)) {
    help(trainer);  // until rank 0 has measured enough steps
    return 0;
  }
  const Plan& plan = trainer.plan();
  const std::string unit(counted_unit(plan.task.goal));
  Json found = {{"experiment", trainer.options().experiment},
                {"processor", Engine::get().processor()},
                {"threads", Engine::get().threads()},
                {"processes", ranks != nullptr ? ranks->size() : 1},
                {"precision", trainer.options().training.precision},
                {"parameters", plan.parameters},
                {"vocabulary", plan.vocabulary}};
  if (plan.counts) {
    Observer nobody;
    found["train_" + unit + "_per_s"] =
        trainer.train(nullptr, nobody, stop_flag()).targets_per_second;
  } else {
    const TrainingSpeed speed =
        measure_training(trainer, experiment, {options.steps, options.seconds});
    if (*stop_flag() == 0) add_training(found, speed, unit, plan.targets_per_step);
  }
  if (*stop_flag() != 0) return interrupted_code();
  if (const auto writing = measure_writing(trainer, *experiment.registry, sampler))
    add_writing(found, *writing);
  found["peak_memory_bytes"] = peak_memory();  // before the arrays that measure the machine
  if (*stop_flag() != 0) return interrupted_code();
  add_machine(found);
  if (options.json)
    print_json(found);
  else
    print_for_people(found, unit);
  return 0;
}

}  // namespace

void add_bench(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(
      app, chosen, "bench",
      "measures the speed of training and writing, by phase, and of the machine beside it",
      "runexp bench experiments/lesson_char_lstm.yaml --set model.many_to_many.hidden=512 --json",
      options, run_bench);
  add_experiment_arguments(command, options->experiment);
  CLI::Option* steps = command.add_option("--steps", options->steps, "training steps to measure")
                           ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
  command
      .add_option("--seconds", options->seconds,
                  "measure as many steps as so many seconds hold (default: 8)")
      ->check(CLI::Range(0.01, 3600.0))
      ->excludes(steps);
  command.add_flag("--json", options->json, "as JSON");
  command.footer(command.get_footer() + kCounted);
}

}  // namespace unroll::cli
