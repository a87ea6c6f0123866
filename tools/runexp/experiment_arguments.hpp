// An experiment file and the options that change it: what `run` and `bench` share.
#pragma once

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <unroll/config/load.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/training/experiment.hpp>

namespace unroll::cli {

struct ExperimentArguments {
  std::string file;
  std::vector<std::string> overrides;
  std::optional<std::uint64_t> seed;
  std::optional<int> threads;
  std::vector<std::string> plugins;
};

void add_experiment_arguments(CLI::App& command, ExperimentArguments& arguments);

/// `--no-fetch`, for every command that may read a data set.
void add_no_fetch(CLI::App& command);

/// A checked experiment and the plugins it is made of. The registry must outlive the trainer.
struct CheckedExperiment {
  std::unique_ptr<Registry> registry;
  LoadedExperiment loaded;
  ExperimentOptions options;
};

/// Reads file and plugins, and leaves the options unread: the root may hold a sweep.
CheckedExperiment load(const ExperimentArguments& arguments);

/// Reads and checks; throws an Error with every mistake, and where the file describes a sweep.
CheckedExperiment read(const ExperimentArguments& arguments);

/// A registry that knows these folders and libraries too. A relative path in an experiment begins
/// at the experiment's folder if it exists there.
std::unique_ptr<Registry> make_registry(const std::vector<std::string>& places,
                                        const std::filesystem::path& folder = {});

}  // namespace unroll::cli
