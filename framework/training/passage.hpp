// Passages: stretches of a split's texts whose tokens a model predicts one after another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <unroll/training/batches.hpp>
#include <unroll/training/model.hpp>

namespace unroll {

/// Tokens that are predicted one after another, and what is needed to predict them.
struct Passage {
  Batch given;           ///< of one example; nothing in it for a stream
  TokenText tokens;      ///< [T] to predict
  TokenId before = 0;    ///< what is read first
  bool goes_on = false;  ///< `before` is a part of the text, not the token that begins one
  std::vector<std::string> spelt;  ///< tokens as the text has them; empty: as the vocabulary has
};

/// Does the model go on with one text, instead of reading whole examples?
bool is_stream(const Model& model);

/// The beginning of a split, so many tokens at most.
std::vector<Passage> passages_of(const Model& model, const Encoded& split, std::int64_t tokens);

/// What each token adds to the readable text.
std::vector<std::string> pieces_of(const Model& model, const Passage& passage);

/// A passage as a batch of one sequence in which its last token is read as well, though nothing is
/// predicted from it: step t + 1 reads token t.
Batch to_the_end(const Model& model, const Passage& passage);

}  // namespace unroll
