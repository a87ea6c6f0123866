// What a run file's microscope saw, as JSON of a report. Each is null where the file has none of
// it; docs/run-file.md describes the groups.
#pragma once

#include <cstddef>

#include <unroll/core/archive.hpp>

#include "json_output.hpp"

namespace unroll::cli {

/// {step, weights: {PARAMETER: {low, high, counts}}, gradients: {…}} of /histograms, at most
/// `most_rows` steps of it.
Json histograms_json(const Archive& histograms, std::size_t most_rows);

/// {step, layers: {LAYER: {gradient_by_lag, memory_length, gradient_by_lag_PART, …, saturated:
/// {GATE}, saturated_high: {GATE}, spectral_radius: {GATE}}}} of /recurrence.
Json recurrence_json(const Archive& recurrence, std::size_t most_rows);

/// {words, tokens, surprise, alternatives, probabilities, split, text, gates: [{layer, gate,
/// values}], units: [{layer, part, unit, tracks, score, values}]} of /reading; tokens and
/// alternatives are places in words.
Json reading_json(const Archive& reading);

/// {SPLIT: {classes, confusion}} of /evaluation.
Json confusion_json(const Archive& evaluation);

}  // namespace unroll::cli
