// A run as others see it: what its file says, and whether someone is writing it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <unroll/results/run_layout.hpp>
#include <unroll/results/run_record.hpp>

namespace unroll {

struct ObservedRun {
  RunRecord record;
  std::optional<std::string> writer;  ///< "process 123 on host"

  /// Does the file say `running` although nobody writes it?
  bool killed() const noexcept { return record.status == RunStatus::running && !writer; }
  /// As RunRecord::status, or "killed".
  std::string_view status() const { return killed() ? "killed" : to_text(record.status); }
};

/// Opens a run file and asks who writes it, both at one moment: a run that ends meanwhile has not
/// been killed. Throws as `open_run` does.
ObservedRun observe_run(const std::filesystem::path& path, RunParts parts = RunParts::all);

}  // namespace unroll
