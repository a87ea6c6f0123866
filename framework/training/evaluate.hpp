// Evaluation: how well a model predicts texts.
#pragma once

#include <csignal>
#include <cstdint>
#include <span>
#include <string>

#include <unroll/model/dataset.hpp>
#include <unroll/training/batches.hpp>
#include <unroll/training/model.hpp>

namespace unroll {

struct Figures {
  double nats = 0;              ///< summed over the tokens
  std::int64_t tokens = 0;      ///< predicted
  std::int64_t correct = 0;     ///< where the likeliest token was right
  std::int64_t characters = 0;  ///< code points that these tokens stand for

  double loss() const;                ///< nats a token
  double bits_per_character() const;  ///< of text, whatever the tokens are
  double perplexity() const;          ///< exp(loss)
  double accuracy() const;
};

/// A split's texts as ids.
struct TokenTexts {
  std::vector<TokenText> texts;
  std::int64_t characters = 0;  ///< code points after each text's first token
  std::int64_t unknown = 0;     ///< tokens the vocabulary lacks
};
TokenTexts encode(std::span<const Example> examples, const Tokenizer& tokenizer,
                  const Vocabulary& vocabulary);

/// Reads each text once from a zero state that is carried to the text's end, without dropout;
/// every token but a text's first is predicted. Several texts run side by side, which changes no
/// figure: each has its own state. `stop` (may be null) ends early with what was read.
Figures evaluate(Architecture& architecture, const TokenTexts& texts,
                 const volatile std::sig_atomic_t* stop = nullptr);

}  // namespace unroll
