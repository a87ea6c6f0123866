// Where two runs that ought to be the same part: compared bit by bit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <unroll/results/run_record.hpp>

namespace unroll {

/// The first difference of one part of two runs.
struct RunDifference {
  /// metrics, samples, evaluation, histograms, recurrence, reading, weights, best, state
  std::string part;
  std::optional<std::int64_t> step;  ///< when it shows, of what has steps
  std::string text;                  ///< "validation/loss at step 16: 2.4135 and 2.4137"
};

/// The first difference of each part, in the order of the list above; none: the same bits. Names,
/// times, settings and environment are not compared. With `until`, only rows and samples up to
/// that step are, and no weights or state: for runs of which one goes on.
std::vector<RunDifference> run_differences(const RunRecord& a, const RunRecord& b,
                                           std::optional<std::int64_t> until = std::nullopt);

}  // namespace unroll
