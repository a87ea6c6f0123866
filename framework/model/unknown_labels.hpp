// Held-out examples of classes that training never sees.
#pragma once

#include <unroll/model/bad_examples.hpp>
#include <unroll/model/dataset.hpp>

namespace unroll {

/// No model could be right about them: each validation or test example whose label no training
/// example has goes to `bad`, and is taken out where that skips. Examples without labels stay.
void refuse_unknown_labels(Splits& splits, BadExamples& bad);

}  // namespace unroll
