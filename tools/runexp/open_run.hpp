// Opening a run file that the command line names.
#pragma once

#include <string>

#include <unroll/results/run_file.hpp>

namespace unroll::cli {

/// Passes on, on stderr, what the run file's reader noticed.
void print_warnings(const RunRecord& run);

/// `open_run`, with its warnings printed.
RunRecord read_run(const std::string& path, RunParts parts = RunParts::all);

}  // namespace unroll::cli
