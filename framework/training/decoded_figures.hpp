// Decoded figures: how well a model predicts texts that its decoder reads token by token, as it
// does when it writes: what weights of fewer bits cost.
#pragma once

#include <unroll/core/stop_flag.hpp>
#include <unroll/training/evaluate.hpp>
#include <unroll/training/generation.hpp>

namespace unroll {

/// As `evaluate` of streams, with weights of this form: each text from the state of zero, every
/// token but its first predicted. Throws Error(usage) as continuing_decoder does, and of examples
/// that are no streams. `stop` (may be null) ends early with what was read.
Figures decoded_figures(const Model& model, const Encoded& split, WeightFormat format,
                        const StopFlag* stop = nullptr);

}  // namespace unroll
