// How long a model takes for each token that it writes, one text at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <unroll/training/trainer.hpp>

#include "spread.hpp"

namespace unroll::cli {

struct WritingSpeed {
  std::string sampler;        ///< its label
  std::int64_t tokens = 0;    ///< written
  Spread us_per_token;        ///< of pieces of the text, or of texts
  double flop_per_token = 0;  ///< of matrix products
};

/// With this sampler, or greedily where it searches for a whole text. Models that go on from a
/// prompt write one text; those that write a text for an example read held-out ones, or those of
/// training. Nothing for models that write none.
std::optional<WritingSpeed> measure_writing(Trainer& trainer, const Registry& registry,
                                            const PluginChoice& choice);

}  // namespace unroll::cli
