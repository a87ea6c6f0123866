// An experiment as the command line names it: file, includes, defaults and overrides.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <unroll/config/node.hpp>
#include <unroll/config/problems.hpp>

namespace unroll {

struct LoadedExperiment {
  Node root;                       ///< composed; not yet validated by any schema
  std::string source_text;         ///< the file as written, overrides appended as comments
  std::vector<std::string> files;  ///< all files read, in the order of reading
};

/// Reads `path`, lays it upon the file that the environment variable UNROLL_DEFAULTS names (if it
/// is set; the lowest priority of all), and applies the overrides (`a.b.c=value`) in their order.
/// Every mistake goes to `problems`, with the file, line and column or the `--set` it stands in.
LoadedExperiment load_experiment(const std::filesystem::path& path,
                                 std::span<const std::string> overrides, Problems& problems);

}  // namespace unroll
