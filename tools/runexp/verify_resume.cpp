// runexp verify-resume: proves that an experiment, with the plugins it is made of, resumes to the
// very bits, or names the first thing that differs.
//
// Every sitting is a process of its own, so that what a plugin keeps in its objects or in static
// memory is as gone as after a real interruption.
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include <unroll/core/command.hpp>
#include <unroll/core/error.hpp>
#include <unroll/results/run_difference.hpp>
#include <unroll/results/run_file.hpp>
#include <unroll/training/trainer.hpp>

#include "commands.hpp"
#include "experiment_arguments.hpp"
#include "interrupt.hpp"
#include "interruptions.hpp"
#include "json_output.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kTokens = 40;  ///< of a sample, at most
constexpr std::int64_t kTexts = 20;   ///< written at an evaluation, at most

struct Options {
  ExperimentArguments experiment;
  std::int64_t steps = 0;
  std::string folder;
  bool json = false;
};

/// Where the run files go: removed at the end, unless it was named.
class Folder {
 public:
  explicit Folder(const std::string& named) : path_(named), removed_(named.empty()) {
    std::error_code problem;
    if (!removed_) {
      fs::create_directories(path_, problem);
      if (problem) fail(Failure::data, "{}: cannot be made: {}", named, problem.message());
      return;
    }
    std::string name = (fs::temp_directory_path(problem) / "unroll-verify-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      fail(Failure::data, "{}: cannot be made; TMPDIR names another place", name);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    if (removed_) fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
  bool removed_;
};

void say(const std::string& text) {
  fmt::print(stderr, "{}\n", printable(text));
}

/// The command line that trains the shortened experiment into `output`.
std::vector<std::string> run_words(const Options& options, const ExperimentOptions& experiment,
                                   const ShortRun& run, const std::string& output) {
  std::vector<std::string> words = {"run", options.experiment.file};
  const auto set = [&](const std::string& assignment) {
    words.insert(words.end(), {"--set", assignment});
  };
  for (const std::string& assignment : options.experiment.overrides) set(assignment);
  if (options.experiment.seed) set(fmt::format("seed={}", *options.experiment.seed));
  if (options.experiment.threads) set(fmt::format("threads={}", *options.experiment.threads));
  if (run.steps > 0) {
    set(fmt::format("training.epochs={}", run.steps / run.per_epoch + 1));
    set(fmt::format("training.max_steps={}", run.steps));
    set(fmt::format("training.log_every={}", run.log_every));
    set(fmt::format("training.evaluate_every={}", run.evaluate_every));
    set("training.sample_every=0");
    set(fmt::format("training.checkpoint_every={}", run.checkpoint_every));
    set("training.checkpoint_seconds=0");
  }
  set(fmt::format("generate.length={}", std::min(experiment.generate.length, kTokens)));
  const std::int64_t texts = experiment.evaluation.texts;
  set(fmt::format("evaluation.texts={}", texts == 0 ? kTexts : std::min(texts, kTexts)));
  words.insert(words.end(), {"--output", output, "--force"});
  return words;
}

/// What one sitting in a process of its own ended with, and what it said.
struct Sitting {
  int code = 0;
  std::string said;
};

Sitting sit(const Options& options, std::vector<std::string> words, const InterruptedAt* at) {
  words.insert(words.begin(), "/proc/self/exe");
  words.emplace_back("--quiet");
  for (const std::string& place : options.experiment.plugins)
    words.insert(words.end(), {"--plugins", place});
  if (at != nullptr)
    words.insert(words.end(),
                 {at->killed ? "--kill-at" : "--stop-at", fmt::format("{}", at->step)});
  Sitting sitting;
  sitting.code =
      run_command(words, [&](const std::string& line) { sitting.said += "\n  " + line; });
  return sitting;
}

int expected_code(const InterruptedAt* at) {
  return at == nullptr ? 0 : 128 + (at->killed ? SIGKILL : SIGTERM);
}

/// What was found out.
struct Verdict {
  ShortRun run;
  std::vector<InterruptedAt> interrupted;
  std::vector<RunDifference> differences;
  std::string failed;  ///< the words of a resumption that failed

  bool proven() const { return differences.empty() && failed.empty(); }
};

/// The last interruption before a difference showed.
std::string cause(const Verdict& verdict, const RunDifference& difference) {
  const InterruptedAt* last = nullptr;
  for (const InterruptedAt& at : verdict.interrupted)
    if (!difference.step || at.step <= *difference.step) last = &at;
  if (last == nullptr || !difference.step) return {};
  return fmt::format(", after it was {} at step {}, {}", last->killed ? "killed" : "stopped",
                     last->step, last->where);
}

void print_verdict(const Verdict& verdict, const std::string& name, bool json) {
  if (json) {
    Json found = {{"experiment", name}, {"identical", verdict.proven()}};
    found["steps"] = verdict.run.steps;
    found["interruptions"] = Json::array();
    for (const InterruptedAt& at : verdict.interrupted)
      found["interruptions"].push_back(
          {{"step", at.step}, {"how", at.killed ? "killed" : "stopped"}, {"where", at.where}});
    found["differences"] = Json::array();
    for (const RunDifference& one : verdict.differences)
      found["differences"].push_back({{"part", one.part},
                                      {"step", one.step ? Json(*one.step) : Json()},
                                      {"difference", one.text}});
    if (!verdict.failed.empty()) found["failed"] = verdict.failed;
    print_json(found);
    return;
  }
  if (verdict.proven()) {
    const std::string how = verdict.run.steps == 0
                                ? "it counts in one pass, which a resumed run repeats"
                                : fmt::format("{} steps, interrupted {} times", verdict.run.steps,
                                              verdict.interrupted.size());
    fmt::print("{}  resumes to the very bits: {}\n", styled(stdout, Style::bold, name), how);
    return;
  }
  fmt::print("{}  {}\n", styled(stdout, Style::bold, name),
             styled(stdout, Style::red, "does not resume to the same bits"));
  if (!verdict.failed.empty()) fmt::print("  {}\n", printable(verdict.failed));
  for (const RunDifference& one : verdict.differences)
    fmt::print("  {:<11} {}{}\n", one.part, printable(one.text),
               &one == &verdict.differences.front() ? cause(verdict, one) : "");
  if (!verdict.differences.empty())
    fmt::print("  the first is of the undisturbed run, the second of the interrupted one\n");
}

/// Trains once undisturbed and once with all interruptions. Returns 0 when both are there to be
/// compared or `verdict.failed` says why not, else the exit code to end with.
int train_both(const Options& options, const ExperimentOptions& experiment, const Folder& folder,
               Verdict& verdict) {
  const std::string whole = folder / "undisturbed.h5", parts = folder / "interrupted.h5";
  say(verdict.run.steps == 0 ? std::string("undisturbed")
                             : fmt::format("undisturbed: {} steps", verdict.run.steps));
  Sitting sitting = sit(options, run_words(options, experiment, verdict.run, whole), nullptr);
  for (std::size_t i = 0; sitting.code == 0 && i <= verdict.interrupted.size(); ++i) {
    const InterruptedAt* at = i < verdict.interrupted.size() ? &verdict.interrupted[i] : nullptr;
    if (at != nullptr)
      say(fmt::format("{} at step {}: {}", at->killed ? "killed" : "stopped", at->step, at->where));
    else
      say("to the end");
    sitting = sit(options,
                  i == 0 ? run_words(options, experiment, verdict.run, parts)
                         : std::vector<std::string>{"resume", parts},
                  at);
    if (sitting.code == expected_code(at)) {
      sitting.code = 0;
    } else if (i > 0 && *stop_flag() == 0) {
      const InterruptedAt& last = verdict.interrupted[i - 1];
      verdict.failed = fmt::format("resuming it from step {} ({}) fails:{}", last.step, last.where,
                                   sitting.said);
      return 0;
    }
  }
  if (*stop_flag() != 0) return interrupted_code();
  if (sitting.code != 0) say("the shortened run fails:" + sitting.said);
  return sitting.code;
}

int run_verify(const Options& options) {
  const CheckedExperiment experiment = read(options.experiment);
  Verdict verdict;
  {
    const Trainer trainer(experiment.options, *experiment.registry);
    if (!trainer.plan().counts) {
      verdict.run = shorten(options.steps, trainer.plan().steps_per_epoch);
      verdict.interrupted = interruptions(verdict.run);
    }
  }
  if (verdict.run.per_epoch >= verdict.run.steps && verdict.run.steps > 0)
    say(fmt::format("an epoch has {} steps; --steps {} takes in where two of them meet",
                    verdict.run.per_epoch, verdict.run.per_epoch + 12));
  const Folder folder(options.folder);
  if (const int code = train_both(options, experiment.options, folder, verdict); code != 0)
    return code;
  if (verdict.failed.empty())
    verdict.differences =
        run_differences(open_run(folder / "undisturbed.h5"), open_run(folder / "interrupted.h5"));
  print_verdict(verdict, experiment.options.experiment, options.json);
  return verdict.proven() ? 0 : static_cast<int>(Failure::gate);
}

}  // namespace

void add_verify_resume(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(app, chosen, "verify-resume",
                                  "proves that an experiment resumes to the very bits",
                                  "runexp verify-resume experiments/char_lstm.yaml --steps 300\n"
                                  "Exit code 6 if anything differs.",
                                  options, run_verify);
  add_experiment_arguments(command, options->experiment);
  command
      .add_option("--steps", options->steps,
                  "length of the shortened run (default: 24, or past a short epoch's end)")
      ->check(CLI::Range(std::int64_t{12}, std::int64_t{1'000'000}))
      ->type_name("N");
  command
      .add_option("--output", options->folder,
                  "keeps both run files, undisturbed.h5 and interrupted.h5, in this folder")
      ->type_name("DIR");
  command.add_flag("--json", options->json, "as JSON");
}

}  // namespace unroll::cli
