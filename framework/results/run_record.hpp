// RunRecord: everything that one run produced, in memory.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/core/archive.hpp>
#include <unroll/results/run_labels.hpp>

namespace unroll {

enum class RunStatus { running, completed, interrupted, failed, diverged };

/// "running", "completed", …
std::string_view to_text(RunStatus status) noexcept;
/// The inverse; nothing if the text is none of them.
std::optional<RunStatus> run_status(std::string_view text) noexcept;

/// One measured value, as it is appended.
struct Metric {
  std::string name;  ///< no slash; "step" is taken
  double value = 0;
  std::string unit;  ///< "nats/char", "bits/char", "tokens/s", "1"
  friend bool operator==(const Metric&, const Metric&) = default;
};

/// The one of that name, if there is one.
std::optional<Metric> find_metric(const std::vector<Metric>& metrics, std::string_view name);

/// Columns of one length beside their steps; NaN where a row lacks a value.
struct MetricTable {
  struct Column {
    std::string unit;
    std::vector<double> values;
  };
  std::vector<std::int64_t> steps;
  std::map<std::string, Column, std::less<>> columns;
  /// Rows that the last checkpoint's state knows of; resuming drops those after them.
  std::int64_t checkpoint_rows = 0;

  std::size_t rows() const noexcept { return steps.size(); }
  /// Adds a row, and a column for each new name. Throws Error(run) on a name that cannot be one.
  void append(std::int64_t step, const std::vector<Metric>& metrics);
  /// Keeps the first rows; drops columns that have no value left.
  void truncate(std::size_t rows);
  /// The values of a column, or nullptr.
  const std::vector<double>* find(std::string_view name) const noexcept;
  /// The last value of a column that is not NaN.
  std::optional<double> last(std::string_view name) const noexcept;
};

/// A text that the model wrote.
struct RunSample {
  std::int64_t step = 0;
  std::string sampler, prompt, text;
  std::string expected{};         ///< what should have come, of a held-out example; else empty
  std::vector<Metric> figures{};  ///< of the text, sorted by name, without NaN
  friend bool operator==(const RunSample&, const RunSample&) = default;
};

using MetricTables = std::map<std::string, MetricTable, std::less<>>;  ///< by split

struct RunRecord {
  std::string experiment;
  std::string run_id;
  RunStatus status = RunStatus::running;
  std::string reason;             ///< why it was interrupted, failed or diverged
  std::string created, finished;  ///< ISO 8601, UTC; `finished` is empty while running
  RunLabels labels;               ///< what people call it
  /// Optimizer steps that the whole run is to have; 0: unknown, or none.
  std::int64_t planned_steps = 0;

  std::string config_source, config_resolved;  ///< YAML
  Archive environment;                         ///< versions, git revision, files and their SHA-256

  MetricTables metrics;  ///< what the same seed repeats exactly
  MetricTables timing;   ///< what depends on the machine's mood: seconds, tokens per second
  std::vector<RunSample> samples;
  Archive evaluation;  ///< larger findings by split, of the last evaluation: confusion matrices
  std::int64_t checkpoint_samples = 0;  ///< as MetricTable::checkpoint_rows

  /// What the microscope saw: rows by step (archive_rows.hpp), and how the final model reads a
  /// held-out text. docs/run-file.md names what is in them. Not in the journal: what was seen after
  /// the last checkpoint goes with a killed process, and is seen again.
  Archive histograms, recurrence, reading;

  Archive vocabulary;
  std::int64_t step = 0;  ///< of the checkpoint that `weights` and `state` are
  Archive weights, state;
  struct Best {
    std::int64_t step = 0;
    Archive weights;
  };
  std::optional<Best> best;  ///< weights of the best validation, if they are kept

  /// What a reader should tell people, e.g. that the journal's end was torn.
  std::vector<std::string> warnings;

  /// Are there weights and state, in memory, to resume from?
  bool checkpointed() const noexcept { return !state.entries().empty(); }
  /// Forgets rows and samples that the checkpoint does not know of.
  void rewind_to_checkpoint();
  /// Declares all rows and samples known to the checkpoint.
  void mark_checkpoint();
};

/// Now, "2026-11-23T13:45:00Z".
std::string iso_time_now();

}  // namespace unroll
