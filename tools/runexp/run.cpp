// runexp run: trains an experiment, or says what training it would mean.
#include <fmt/format.h>

#include <unroll/core/display.hpp>
#include <unroll/core/text.hpp>
#include <unroll/training/held_out.hpp>

#include "commands.hpp"
#include "experiment_arguments.hpp"
#include "json_output.hpp"
#include "launch.hpp"
#include "memory.hpp"
#include "new_run.hpp"
#include "training_session.hpp"

namespace unroll::cli {
namespace {

/// Every parameter of the model, what became of it and why, then what of the run was not taken.
void print_transfer(const TransferList& list) {
  for (const TransferRow& each : list.rows) {
    std::string note = each.note;
    if (each.taken && each.from != each.parameter)
      note = "from " + each.from + (note.empty() ? "" : ", " + note);
    fmt::print("#   {}  {} {}{}\n", each.taken ? "taken" : "fresh", printable_line(each.parameter),
               each.shape, note.empty() ? "" : ": " + printable_line(note));
  }
  for (const std::string& name : list.left)
    fmt::print("#   left   {} of the run\n", printable_line(name));
}

Json transfer_json(const TransferList& list) {
  Json rows = Json::array();
  for (const TransferRow& each : list.rows)
    rows.push_back({{"parameter", each.parameter},
                    {"from", each.from},
                    {"shape", each.shape},
                    {"taken", each.taken},
                    {"note", each.note}});
  return {{"run", list.run}, {"step", list.step}, {"parameters", rows}, {"left", list.left}};
}

constexpr std::int64_t kTrialSteps = 3;

struct Options {
  ExperimentArguments experiment;
  std::string output;
  bool dry_run = false, force = false;
  SessionOptions session;
};

Json coverage_json(const Coverage& coverage) {
  return {{"size", coverage.size},
          {"types", coverage.types},
          {"coverage", coverage.share()},
          {"unknown_validation", coverage.unknown_rate()}};
}

/// The resolved experiment as YAML, with what was found out about it as comments.
void print_plan(Trainer& trainer, bool json) {
  const Plan& plan = trainer.plan();
  const std::string yaml = to_yaml(resolved(trainer.options()));
  const Trial trial = trainer.trial(kTrialSteps);
  const std::string counted(counted_unit(plan.task.goal));
  const double seconds = trial.seconds_per_step * static_cast<double>(plan.total_steps);
  if (json) {
    Json found = {{"resolved", yaml},
                  {"parameters", plan.parameters},
                  {"vocabulary", plan.vocabulary},
                  {"split", plan.split_name},
                  {"notices", plan.notices},
                  {"counted_in", counted},
                  {"train_targets", plan.train_targets},
                  {"validation_targets", plan.validation_targets},
                  {"test_targets", plan.test_targets},
                  {"steps", plan.total_steps},
                  {"targets_per_step", plan.targets_per_step},
                  {"weight_bytes", plan.weight_bytes},
                  {"memory_bytes", peak_memory()},
                  {"targets_per_second", trial.targets_per_second},
                  {"seconds", seconds}};
    if (plan.transfer) found["initialize_from"] = transfer_json(*plan.transfer);
    if (plan.text) found["coverage"] = coverage_json(*plan.text);
    if (plan.target) found["target_coverage"] = coverage_json(*plan.target);
    print_json(found);
    return;
  }
  fmt::print("{}\n# Nothing was trained.\n", yaml);
  const auto row = [](const char* name, const std::string& text) {
    fmt::print("# {:<11} {}\n", name + std::string(":"), text);
  };
  row("data", fmt::format("{} {} train, {} validate, {} test; split {}", plan.train_targets,
                          counted, plan.validation_targets, plan.test_targets, plan.split_name));
  for (const std::string& notice : plan.notices) row("notice", printable(notice));
  if (plan.text) row("vocabulary", plan.text->text());
  if (plan.target) row("target", plan.target->text());
  if (plan.classes > 0) row("classes", fmt::format("{}", plan.classes));
  row("parameters", plan.frozen > 0
                        ? fmt::format("{}, of which {} are frozen", plan.parameters, plan.frozen)
                        : fmt::format("{}", plan.parameters));
  if (plan.transfer) {
    row("begins", "with " + plan.transfer->text());
    print_transfer(*plan.transfer);
  }
  row("memory", fmt::format("about {}, measured", human_bytes(peak_memory())));
  if (plan.counts) {
    row("training", "one counting pass, a few seconds");
    return;
  }
  row("training",
      fmt::format("{} steps of {} {}", plan.total_steps, plan.targets_per_step, counted));
  row("time", fmt::format("about {} without evaluations, at the {} {}/s of {} steps",
                          human_seconds(seconds), human_count(trial.targets_per_second), counted,
                          kTrialSteps));
}

int run_run(const Options& options) {
  Ranks* ranks = launched_ranks();
  Turn turn(ranks);
  CheckedExperiment experiment = read(options.experiment);
  if (!options.output.empty()) experiment.options.output = options.output;
  share_experiment(experiment.options, ranks);
  Trainer trainer(experiment.options, *experiment.registry, ranks);
  turn.over();
  if (helps(ranks)) return options.dry_run ? 0 : help(trainer);
  if (options.dry_run) {
    print_plan(trainer, options.session.json);
    return 0;
  }
  RunWriter file = RunWriter::create(trainer.options().output_path(),
                                     make_record(experiment, trainer, ranks), options.force);
  return train(trainer, file, options.session);
}

}  // namespace

void add_run(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(
      app, chosen, "run", "trains an experiment (the word run may be left out)",
      "runexp experiments/char_lstm.yaml --set training.epochs=20 --output runs/longer.h5", options,
      run_run);
  add_experiment_arguments(command, options->experiment);
  command.add_flag("--dry-run", options->dry_run,
                   "prints the resolved experiment, its parameters, memory and time; trains "
                   "nothing");
  command.add_option("-o,--output", options->output, "the run file (default: runs/NAME.h5)")
      ->type_name("RUN.h5");
  command.add_flag("--force", options->force, "replaces a run file that exists");
  add_session_options(command, options->session);
}

}  // namespace unroll::cli
