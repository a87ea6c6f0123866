// A run's figures and samples as CSV (RFC 4180, UTF-8, a header line, lines ended by CR LF).
#pragma once

#include <string>

#include <unroll/results/run_record.hpp>

namespace unroll {

/// Tidy: split, step, name, unit, value; a line for each figure that was measured, /metrics before
/// /timing. Numbers are the shortest that read back as the same.
std::string metrics_csv(const RunRecord& run);

/// step, sampler, prompt, text, expected, then a column for each figure of the texts; empty where
/// a text lacks it. Bytes that are not UTF-8 become U+FFFD.
std::string samples_csv(const RunRecord& run);

}  // namespace unroll
