// Units of a recurrent state that follow something in the text they read.
#pragma once

#include <cstdint>
#include <vector>

#include <unroll/analysis/unit_tracking.hpp>
#include <unroll/core/archive.hpp>
#include <unroll/training/encoded.hpp>
#include <unroll/training/model.hpp>

namespace unroll {

/// Those that follow a feature of the text best: chosen on half of the split's first `stretch`
/// tokens, scored on the other half. None where that is too short, or of a model that counts.
std::vector<TrackingUnit> units_of(const Model& model, const Encoded& split, std::int64_t stretch);

/// The units of an earlier reading.
std::vector<TrackingUnit> units_in(const Archive& reading);

}  // namespace unroll
