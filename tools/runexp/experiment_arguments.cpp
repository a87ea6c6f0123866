#include "experiment_arguments.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include <unroll/config/sweep.hpp>

#include "terminal.hpp"

namespace unroll::cli {

namespace fs = std::filesystem;

void add_experiment_arguments(CLI::App& command, ExperimentArguments& arguments) {
  command.add_option("experiment", arguments.file, "the experiment file (YAML)")
      ->required()
      ->type_name("EXPERIMENT.yaml");
  command
      .add_option("--set", arguments.overrides,
                  "change one setting: --set model.many_to_many.hidden=256; repeatable")
      ->allow_extra_args(false)
      ->type_name("PATH=VALUE");
  command.add_option("--seed", arguments.seed, "short for --set seed=N")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--threads", arguments.threads, "short for --set threads=N; 0: all")
      ->check(CLI::Range(0, 1024));
  command
      .add_option("--plugins", arguments.plugins,
                  "a folder or library of plugins to load from; repeatable")
      ->allow_extra_args(false);
  add_no_fetch(command);
}

void add_no_fetch(CLI::App& command) {
  command.add_flag_callback(
      "--no-fetch", [] { ::setenv("UNROLL_NO_FETCH", "1", 1); },
      "fails where a data set is not in the cache, instead of fetching it");
  command.add_flag_callback(
      "--no-cache", [] { ::setenv("UNROLL_NO_CACHE", "1", 1); },
      "neither keeps the ids of long texts for the next run nor reads those kept");
}

std::unique_ptr<Registry> make_registry(const std::vector<std::string>& places,
                                        const fs::path& folder) {
  auto registry = std::make_unique<Registry>();
  for (const std::string& place : places) {
    const fs::path beside = folder / place;
    registry->add(fs::exists(beside) ? beside : fs::path(place));
  }
  return registry;
}

CheckedExperiment load(const ExperimentArguments& arguments) {
  CheckedExperiment experiment;
  std::vector<std::string> overrides = arguments.overrides;
  if (arguments.seed) overrides.push_back(fmt::format("seed={}", *arguments.seed));
  if (arguments.threads) overrides.push_back(fmt::format("threads={}", *arguments.threads));
  Problems problems;
  experiment.loaded = load_experiment(arguments.file, overrides, problems);
  problems.throw_if_any();
  experiment.registry =
      make_registry(listed_plugins(experiment.loaded.root), fs::path(arguments.file).parent_path());
  for (const std::string& place : arguments.plugins) experiment.registry->add(place);
  return experiment;
}

CheckedExperiment read(const ExperimentArguments& arguments) {
  CheckedExperiment experiment = load(arguments);
  if (has_sweep(experiment.loaded.root))
    fail(Failure::usage,
         "{0}: describes many runs (sweep: or seeds:), which {1} sweep {0} runs; for a single one, "
         "--set sweep=null --set seeds=null",
         arguments.file, program());
  experiment.loaded.root = without_sweep(experiment.loaded.root);
  Problems problems;
  experiment.options = read_experiment(experiment.loaded.root, *experiment.registry, problems);
  problems.throw_if_any();
  return experiment;
}

}  // namespace unroll::cli
