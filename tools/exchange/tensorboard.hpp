// A run for TensorBoard: event files by split.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <unroll/results/run_record.hpp>

namespace unroll {

/// Seconds since 1970 of "2026-11-23T13:45:00Z"; 0 for anything else.
double seconds_of(const std::string& iso_time);

/// Files by their path below the folder that TensorBoard is shown:
/// SPLIT/events.out.tfevents.…, so that the same figure of two splits is drawn in one chart.
/// Figures and speeds are scalars; samples are texts and weights and gradients histograms, both
/// beside the figures of `train`. Times are those of the run: its beginning and the seconds that it
/// recorded, between which steps are taken to be of one length.
std::vector<std::pair<std::string, std::string>> tensorboard_files(const RunRecord& run);

}  // namespace unroll
