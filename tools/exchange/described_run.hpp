// Described run: what other programs are told of a run, read from its file alone, without plugins.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

#include <unroll/config/node.hpp>
#include <unroll/results/run_record.hpp>

namespace unroll {

/// Which weights of a run: `automatic` takes the best where they were kept, otherwise the last.
enum class WhichWeights { automatic, best, last };

struct DescribedRun {
  std::string experiment, run_id;
  Node config;            ///< as run, with every default; null if the run has none
  std::int64_t step = 0;  ///< that the weights are of
  bool best = false;      ///< are they those of the best validation?
  Archive weights;
  Archive vocabulary;
};

/// Takes what is told out of `run`; `name` is used in messages. Throws Error(usage) where best
/// weights are asked for and none were kept, Error(data) where there are no weights yet.
DescribedRun describe_run(RunRecord run, WhichWeights which, const std::string& name);

/// Keys stay in the order in which they were added.
using Json = nlohmann::ordered_json;

/// YAML as JSON: booleans and numbers where a plain scalar reads as one, otherwise text.
Json json_of(const Node& node);

/// {"experiment", "run_id", "step", "weights": "best" | "last", "unroll"}.
Json about_run(const DescribedRun& run);
/// {"tokens": […], "unknown": id, …, "target": {…}, "classes": […], …}: the run file's
/// /vocabulary without its statistics. Tokens that are not UTF-8 are written with `\xNN` for a byte
/// and `\\` for a backslash, and "escaped": true stands beside them.
Json vocabulary_of(const DescribedRun& run);
/// The JSON as text, on one line.
std::string json_text(const Json& json);

}  // namespace unroll
