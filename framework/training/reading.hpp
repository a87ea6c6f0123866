// Reading: a model watched while it reads a text: how surprised it is at each token, what it
// expected instead, what its gates do and which of its units follow something.
#pragma once

#include <cstdint>
#include <string>

#include <unroll/core/archive.hpp>
#include <unroll/training/encoded.hpp>
#include <unroll/training/model.hpp>

namespace unroll {

struct ReadingOptions {
  std::int64_t tokens = 800;      ///< to read, T; fewer where there are fewer
  std::int64_t alternatives = 5;  ///< likeliest tokens to keep at each place, K
  std::int64_t stretch = 16'384;  ///< tokens on which units are searched for
};

/// Can this model be watched so: does it write texts token by token?
bool reads_tokens(const Model& model);

/// What docs/run-file.md describes below /reading, of the beginning of a split: the first T
/// predictions of a stream, or of examples one after another. The numbers are those of `evaluate`.
/// Units are searched for on a longer stretch of the same split, which may be short of what that
/// takes: then there are none. Empty if there is nothing to read, or the model cannot be watched.
Archive read_held_out(const Model& model, const Encoded& split, const ReadingOptions& options);

/// The same of a text of a person's own, all of it, with the units that `known` (a reading of the
/// same model) has found.
Archive read_text(const Model& model, const Encoded& text, const Archive& known,
                  std::int64_t alternatives);

}  // namespace unroll
