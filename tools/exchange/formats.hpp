// The formats that a run can be written in.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "described_run.hpp"

namespace unroll {

/// A file that is to be written.
struct ExportedFile {
  std::filesystem::path path;
  std::string bytes;
};

struct ExportFormat {
  const char* name;     ///< what `--to` takes
  const char* ending;   ///< what the run's name gets in the place of .h5
  const char* summary;  ///< one line
  bool folder;          ///< is the output a folder of files rather than a file?
  bool weights;         ///< does it write weights, so that best or last is a question?
  /// The files of a run at that output. Throws Error(usage) where the format cannot hold it.
  std::vector<ExportedFile> (*write)(RunRecord run, WhichWeights which,
                                     const std::filesystem::path& output, const std::string& name);
};

/// In the order in which people are shown them.
std::span<const ExportFormat> export_formats();

}  // namespace unroll
