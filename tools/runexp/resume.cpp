// runexp resume: goes on with an interrupted run, trains a completed one longer, or begins a new
// one at a kept checkpoint.
#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include <unroll/config/override.hpp>
#include <unroll/results/fork.hpp>
#include <unroll/results/hdf5.hpp>

#include "commands.hpp"
#include "environment.hpp"
#include "environment_changes.hpp"
#include "experiment_arguments.hpp"
#include "launch.hpp"
#include "open_run.hpp"
#include "resume.hpp"
#include "run_registry.hpp"
#include "terminal.hpp"
#include "training_session.hpp"

namespace unroll::cli {
namespace {

struct Options {
  std::string run;
  std::vector<std::string> overrides, plugins;
  std::int64_t epochs = 0;  ///< more of them
  std::optional<std::int64_t> from;
  std::string output;
  bool force = false;
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

/// The run of RUN.h5 as RUN-from-STEP.h5, unless another name is given.
std::string forked_path(const Options& options) {
  if (!options.output.empty()) return options.output;
  std::filesystem::path path = options.run;
  const std::string name = fmt::format("{}-from-{}.h5", path.stem().string(), *options.from);
  return path.replace_filename(name).string();
}

/// What the command line changes is kept in the file, to be saved as the run starts.
void note_changes(RunRecord& record, const Options& options, const Trainer& trainer) {
  record.config_resolved = to_yaml(resolved(trainer.options()));
  for (const std::string& assignment : options.overrides)
    record.config_source += fmt::format("# resume --set {}\n", assignment);
  if (options.epochs > 0)
    record.config_source += fmt::format("# resume --epochs {}\n", options.epochs);
}

Trainer make_trainer(const RunRecord& record, const Options& options, const Registry& registry,
                     Ranks* ranks) {
  std::optional<ExperimentOptions> other;
  if (!options.overrides.empty())
    other = changed(load_experiment(record, registry), options.overrides, registry);
  return Trainer::resume(record, registry, {other ? &*other : nullptr, options.epochs}, ranks);
}

/// Tells what may change the bits, and keeps it in the run file beside the step.
void note_environment(RunRecord& record, const Trainer& trainer, const Registry& registry) {
  const std::vector<std::string> changes =
      environment_changes(record.environment, describe_environment(trainer, registry));
  if (changes.empty()) return;
  std::vector<std::int64_t> steps;
  std::vector<std::string> texts;
  if (record.environment.has("resumed/step")) {
    steps = as_integers(record.environment.array("resumed/step"));
    texts = std::get<std::vector<std::string>>(record.environment.array("resumed/change").values);
  }
  for (const std::string& change : changes) {
    fmt::print(stderr, "runexp: since the run was begun, {}; its bits may differ\n",
               printable(change));
    steps.push_back(trainer.step());
    texts.push_back(change);
  }
  const auto rows = static_cast<std::int64_t>(steps.size());
  record.environment.put("resumed/step", Array{{rows}, std::move(steps), {}});
  record.environment.put("resumed/change", Array{{rows}, std::move(texts), {}});
}

/// What a rank other than 0 does: goes on from what rank 0 found, which by then holds the file.
int help_resume(const Options& options, Ranks* ranks, Turn& turn) {
  const RunRecord record =
      options.from ? fork_of(options.run, *options.from) : open_run(options.run, RunParts::all);
  const auto registry = make_registry(options.plugins, record);
  Trainer trainer = make_trainer(record, options, *registry, ranks);
  turn.over();
  return help(trainer);
}

/// A new run from a kept checkpoint; the former one is only read.
int run_fork(const Options& options, Ranks* ranks, Turn& turn) {
  RunRecord record = fork_of(options.run, *options.from);
  print_warnings(record);
  const auto registry = make_registry(options.plugins, record);
  Trainer trainer = make_trainer(record, options, *registry, ranks);
  turn.over();
  note_changes(record, options, trainer);
  note_environment(record, trainer, *registry);
  RunWriter file = RunWriter::create(forked_path(options), std::move(record), options.force);
  return train(trainer, file, options.session);
}

int run_resume(const Options& options) {
  Ranks* ranks = launched_ranks();
  Turn turn(ranks);
  if (helps(ranks)) return help_resume(options, ranks, turn);
  const RunRecord known = open_run(options.run, RunParts::without_arrays);
  if (known.environment.has("import/file"))
    fail(
        Failure::usage,
        "{}: was imported and holds weights alone, so that there is nothing to go on with; begin a "
        "run with them by initialize_from: {}",
        options.run, options.run);
  if (options.from) return run_fork(options, ranks, turn);
  if (options.overrides.empty() && options.epochs == 0 && known.status == RunStatus::completed) {
    sweep_run(options.run);
    fail(Failure::usage,
         "{}: is complete; to train on, say how much longer: {} resume {} --epochs N", options.run,
         program(), options.run);
  }
  RunWriter file = RunWriter::resume(options.run);
  print_warnings(file.record());
  const auto registry = make_registry(options.plugins, file.record());
  Trainer trainer = make_trainer(file.record(), options, *registry, ranks);
  turn.over();
  note_changes(file.record(), options, trainer);
  note_environment(file.record(), trainer, *registry);
  return train(trainer, file, options.session);
}

}  // namespace

int resume_run(const std::string& run, const std::vector<std::string>& plugins,
               const SessionOptions& session) {
  Options options;
  options.run = run;
  options.plugins = plugins;
  options.session = session;
  return run_resume(options);
}

void add_resume(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command =
      add_command(app, chosen, "resume", "goes on with an interrupted run",
                  "runexp resume runs/char_lstm.h5 --epochs 5", options, run_resume);
  command.add_option("run", options->run, "the run file")->required()->type_name("RUN.h5");
  command
      .add_option("--epochs", options->epochs,
                  "train so many more, beyond the planned end or where it stopped early")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->type_name("N");
  command
      .add_option("--set", options->overrides,
                  "change one setting, e.g. training.schedule=constant; repeatable")
      ->allow_extra_args(false)
      ->type_name("PATH=VALUE");
  CLI::Option* from = command
                          .add_option("--from", options->from,
                                      "a new run from the kept checkpoint of this step, in a file "
                                      "of its own")
                          ->type_name("STEP");
  command
      .add_option("-o,--output", options->output,
                  "with --from: the new run file (default: RUN-from-STEP.h5)")
      ->type_name("NEW.h5")
      ->needs(from);
  command.add_flag("--force", options->force, "with --from: replaces a run file that exists")
      ->needs(from);
  command.add_option("--plugins", options->plugins, "a folder or library to look in besides")
      ->allow_extra_args(false);
  add_no_fetch(command);
  add_session_options(command, options->session);
}

}  // namespace unroll::cli
