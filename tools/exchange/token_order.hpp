// The order of tokens and classes in weights from elsewhere.
#pragma once

#include <map>
#include <string>

#include "described_run.hpp"

namespace unroll {

/// `texts` of a tensor file may say what the rows of its weights stand for: a "vocabulary" as
/// `vocabulary_of` writes it, or "tokens", a JSON list. Where these are the tokens (or classes) of
/// `like` in another order, the rows and columns of `weights` are brought into the order of `like`.
/// Throws Error(usage), naming the first few, if they are others, or if they stand in another order
/// and not `all` of the weights are the file's.
void bring_into_order(Archive& weights, const DescribedRun& like,
                      const std::map<std::string, std::string>& texts, const std::string& name,
                      bool all);

}  // namespace unroll
