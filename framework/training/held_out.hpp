// Held-out examples: what a model makes of them, in figures and row by row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/core/stop_flag.hpp>
#include <unroll/results/run_record.hpp>
#include <unroll/training/evaluate.hpp>
#include <unroll/training/task_metrics.hpp>
#include <unroll/training/writing.hpp>

namespace unroll {

/// What the loss of a task is measured in: "nats/token", "nats/example", "1".
std::string_view loss_unit(Task::Goal goal);
/// What is counted: "tokens" or "examples".
std::string_view counted_unit(Task::Goal goal);

/// Loss and what follows from the same sums, under the names that run files use.
std::vector<Metric> basic_metrics(Task::Goal goal, const Figures& figures);

/// One row of a table: what was given, what should have come and what came.
struct ExampleRow {
  std::string given, expected, produced;
};

struct HeldOut {
  Figures figures;
  std::vector<Metric> metrics;  ///< of the task, beside the basic ones
  std::vector<ExampleRow> rows;
  Archive details;  ///< larger findings: the confusion matrix
};

struct HeldOutOptions {
  std::int64_t rows = 5;
  std::int64_t texts = 200;  ///< texts to write for the metrics of goal `text`; 0: all
  std::int64_t batch = 128;
  MakeSampler make_sampler;
  TextMetricsOptions text_metrics;
  WritingOptions writing;
};

/// `stop` (may be null) ends early; the findings are then of no use.
HeldOut examine(const Model& model, const Encoded& split, const HeldOutOptions& options,
                const StopFlag* stop = nullptr);

/// What an example offers to read, for people.
std::string given_text(const Model& model, const Encoded& split, std::int64_t place);

}  // namespace unroll
