// runexp rerun: repeats a run from its file alone plus its data, and says whether it came out the
// same.
#include <fmt/format.h>

#include <filesystem>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/results/run_difference.hpp>

#include "commands.hpp"
#include "environment.hpp"
#include "environment_changes.hpp"
#include "experiment_arguments.hpp"
#include "json_output.hpp"
#include "open_run.hpp"
#include "progress_report.hpp"
#include "run_registry.hpp"
#include "terminal.hpp"
#include "training_session.hpp"

namespace unroll::cli {
namespace {

struct Options {
  std::string run, output;
  std::vector<std::string> plugins;
  bool force = false;
  SessionOptions session;
};

/// runs/a.h5 -> runs/a-rerun.h5, unless another name is given.
std::string rerun_path(const Options& options) {
  if (!options.output.empty()) return options.output;
  std::filesystem::path path = options.run;
  return path.replace_filename(path.stem().string() + "-rerun.h5").string();
}

void refuse_changed_data(const std::vector<std::string>& changes, const std::string& run) {
  if (changes.empty()) return;
  fail(Failure::data, "{}; {} can be repeated with its own data alone", join(changes, "\n"), run);
}

/// The experiment as the run ended with it, on as many threads.
ExperimentOptions experiment_of(const RunRecord& run, const Registry& registry) {
  ExperimentOptions experiment = load_experiment(run, registry);
  if (experiment.threads == 0 && run.environment.has("threads"))
    experiment.threads = static_cast<int>(run.environment.integer("threads"));
  return experiment;
}

void say_what_changed(const RunRecord& run, const Archive& now) {
  for (const std::string& change : environment_changes(run.environment, now))
    fmt::print(stderr, "runexp: {}; the bits may differ\n", printable(change));
  if (run.config_source.find("\n# resume --") != std::string::npos)
    fmt::print(stderr,
               "runexp: settings were changed when the run was resumed; from its beginning, this "
               "one has those that it ended with\n");
}

/// What the comparison says, and on what it rests.
struct Repetition {
  std::vector<RunDifference> differences;
  std::optional<std::int64_t> until;  ///< compared up to this step, where the first went no further
};

Repetition compare(const RunRecord& run, const std::string& path) {
  Repetition found;
  if (run.status != RunStatus::completed) found.until = run.step;
  found.differences = run_differences(run, open_run(path), found.until);
  return found;
}

std::string verdict(const Repetition& found, const std::string& run) {
  if (found.differences.empty() && found.until)
    return fmt::format(
        "the same bits as {} in all metrics and samples up to its step {}; it ended "
        "there, so there are no weights to compare",
        run, *found.until);
  if (found.differences.empty())
    return fmt::format("the same bits as {}: metrics, samples, weights and state", run);
  std::string text = fmt::format("differs from {}, its values first:", run);
  for (const RunDifference& one : found.differences)
    text += fmt::format("\n    {:<11} {}", one.part, one.text);
  return text;
}

int run_rerun(const Options& options) {
  const RunRecord run = read_run(options.run);
  if (run.environment.has("import/file"))
    fail(Failure::usage, "{}: was imported, so that there is no training to repeat", options.run);
  if (run.environment.has("forked_from/run"))
    fail(Failure::usage,
         "{}: began at step {} of {}; repeat that run, and go on from there by `resume --from`",
         options.run, run.environment.integer("forked_from/step"),
         run.environment.text("forked_from/run"));
  const auto registry = make_registry(options.plugins, run);
  refuse_changed_data(data_changes(run.environment), options.run);
  Trainer trainer(experiment_of(run, *registry), *registry);

  RunRecord record;
  record.experiment = run.experiment;
  record.config_source = run.config_source;
  record.config_resolved = run.config_resolved;
  record.environment = describe_environment(trainer, *registry);
  refuse_changed_data(data_changes(run.environment, record.environment), options.run);
  record.environment.put("rerun_of/run", options.run);
  record.environment.put("rerun_of/run_id", run.run_id);
  describe_vocabulary(record, trainer);
  say_what_changed(run, record.environment);

  const std::string path = rerun_path(options);
  RunWriter file = RunWriter::create(path, std::move(record), options.force);
  const Summary summary = sit(trainer, file, options.session);
  if (summary.status != Status::completed) {
    print_summary(trainer, summary, path, options.session.json);
    return exit_code(summary, path, options.session);
  }
  const Repetition found = compare(run, path);
  if (options.session.json) {
    Json json = summary_json(trainer, summary, path);
    json["rerun_of"] = options.run;
    json["identical"] = found.differences.empty();
    json["compared_until"] = found.until ? Json(*found.until) : Json();
    json["differences"] = Json::array();
    for (const RunDifference& one : found.differences)
      json["differences"].push_back({{"part", one.part},
                                     {"step", one.step ? Json(*one.step) : Json()},
                                     {"difference", one.text}});
    print_json(json);
  } else {
    print_summary(trainer, summary, path, false);
    fmt::print("  {:<11} {}\n", "repetition", printable(verdict(found, options.run)));
  }
  const int code = exit_code(summary, path, options.session);
  return code != 0 || found.differences.empty() ? code : static_cast<int>(Failure::gate);
}

}  // namespace

void add_rerun(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(app, chosen, "rerun",
                                  "repeats a run from its file and data, and compares the two",
                                  "runexp rerun runs/char_lstm.h5\n"
                                  "Exit code 6 if metrics or weights are not the same bits.",
                                  options, run_rerun);
  command.add_option("run", options->run, "the run file")->required()->type_name("RUN.h5");
  command.add_option("-o,--output", options->output, "the new run file (default: RUN-rerun.h5)")
      ->type_name("NEW.h5");
  command.add_flag("--force", options->force, "replaces a run file that exists");
  command.add_option("--plugins", options->plugins, "a folder or library to look in besides")
      ->allow_extra_args(false);
  add_no_fetch(command);
  add_session_options(command, options->session);
}

}  // namespace unroll::cli
