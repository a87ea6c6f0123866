// What a run file's microscope saw, as JSON of a report. Each is null where the file has none of
// it; docs/run-file.md describes the groups.
#pragma once

#include <cstddef>

#include <unroll/core/archive.hpp>

#include "json_output.hpp"

namespace unroll::cli {

/// {step, weights: {PARAMETER: {low, high, shares}}, gradients: {…}, left_out} of /histograms with
/// about `most_values` numbers: fewer steps, then fewer parameters (`left_out` are not shown).
Json histograms_json(const Archive& histograms, std::size_t most_values);

/// {step, layers: {LAYER: {gradient_by_lag, memory_length, gradient_by_lag_PART, …, saturated:
/// {GATE}, saturated_high: {GATE}, spectral_radius: {GATE}}}} of /recurrence, with fewer steps
/// where there would be more numbers.
Json recurrence_json(const Archive& recurrence, std::size_t most_values);

/// {words, tokens, of, surprise, alternatives, probabilities, unknown, split, text, gates: [{layer,
/// gate, values}], units: [{layer, part, unit, tracks, score, values}]} of the beginning of
/// /reading, as many of its tokens (`of` is the number of all) as make so many numbers; tokens and
/// alternatives are places in words.
Json reading_json(const Archive& reading, std::size_t most_values);

/// {SPLIT: {classes, confusion}} of /evaluation; beyond kMostClasses the rare ones are one.
Json confusion_json(const Archive& evaluation);

}  // namespace unroll::cli
