// Collecting runs: which files are meant, and what comparing them needs of each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <unroll/comparison/settings.hpp>
#include <unroll/results/run_record.hpp>

namespace unroll::comparison {

/// One run as it is compared: figures, configuration, environment; no weights and no samples.
struct ComparedRun {
  std::filesystem::path path;
  RunRecord record;
  Settings settings;
  /// As RunRecord::status, or "killed": `running` without anyone who writes it.
  std::string status;
};

/// The run files that are meant: a file stands for itself, a folder for those in it and below it
/// (hidden folders left out, links to folders not followed), and what is neither is a pattern as
/// the shell's, `runs/*/lstm*.h5`. Each file once, folders' files by name. Throws Error(data)
/// naming what does not exist or a pattern that fits nothing; a folder may be empty.
std::vector<std::filesystem::path> find_runs(const std::vector<std::string>& places);

/// Runs that could be read, in the order of the files, and the messages of those that could not.
struct Collection {
  std::vector<ComparedRun> runs;
  std::vector<std::string> problems;
};

/// Reads by `threads` threads (0: one a processor). Every file's checksum is verified.
Collection read_runs(const std::vector<std::filesystem::path>& files, unsigned threads = 0);

/// One run; throws Error(data).
ComparedRun read_run(const std::filesystem::path& file);

}  // namespace unroll::comparison
