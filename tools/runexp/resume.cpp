// runexp resume: goes on with an interrupted run, or trains a completed one longer.
#include <fmt/format.h>

#include <unroll/config/override.hpp>

#include "commands.hpp"
#include "environment.hpp"
#include "experiment_arguments.hpp"
#include "open_run.hpp"
#include "terminal.hpp"
#include "training_session.hpp"

namespace unroll::cli {
namespace {

struct Options {
  std::string run;
  std::vector<std::string> overrides, plugins;
  SessionOptions session;
};

/// The run's experiment with some settings changed.
ExperimentOptions changed(const ExperimentOptions& options,
                          const std::vector<std::string>& overrides, const Registry& registry) {
  Problems problems;
  Node root = resolved(options);
  for (const std::string& assignment : overrides) root = apply_override(root, assignment, problems);
  problems.throw_if_any();
  ExperimentOptions longer = read_experiment(root, registry, problems);
  problems.throw_if_any();
  return longer;
}

int run_resume(const Options& options) {
  const auto registry = make_registry(options.plugins);
  const RunRecord known = open_run(options.run, RunParts::without_arrays);
  if (known.environment.has("import/file"))
    fail(
        Failure::usage,
        "{}: was imported and holds weights alone, so that there is nothing to go on with; begin a "
        "run with them by initialize_from: {}",
        options.run, options.run);
  if (options.overrides.empty() && known.status == RunStatus::completed) {
    sweep_run(options.run);
    fail(Failure::usage,
         "{}: is complete; to train on, say how long: {} resume {} --set training.epochs=N",
         options.run, program(), options.run);
  }
  RunWriter file = RunWriter::resume(options.run);
  print_warnings(file.record());
  std::optional<ExperimentOptions> longer;
  if (!options.overrides.empty()) {
    longer = changed(load_experiment(file.record(), *registry), options.overrides, *registry);
  }
  Trainer trainer = Trainer::resume(file.record(), *registry, longer ? &*longer : nullptr);
  if (longer) {
    RunRecord& record = file.record();
    record.config_resolved = to_yaml(resolved(trainer.options()));
    for (const std::string& assignment : options.overrides)
      record.config_source += fmt::format("# resume --set {}\n", assignment);
  }
  return train(trainer, file, options.session);
}

}  // namespace

void add_resume(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(app, chosen, "resume", "goes on with an interrupted run",
                                  "runexp resume runs/char_lstm.h5", options, run_resume);
  command.add_option("run", options->run, "the run file")->required()->type_name("RUN.h5");
  command
      .add_option("--set", options->overrides,
                  "change one setting, e.g. training.epochs=20 to train longer; repeatable")
      ->allow_extra_args(false)
      ->type_name("PATH=VALUE");
  command.add_option("--plugins", options->plugins, "a folder or library to look in besides")
      ->allow_extra_args(false);
  add_no_fetch(command);
  command.add_flag("--gate", options->session.gate,
                   "exit code 6 if what the experiment expects is missed");
  command.add_flag("-q,--quiet", options->session.quiet, "no progress");
  command.add_flag("--json", options->session.json, "the result as JSON on stdout");
}

}  // namespace unroll::cli
