// Evaluation: how well a model predicts a split.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <unroll/core/stop_flag.hpp>
#include <unroll/training/batches.hpp>
#include <unroll/training/model.hpp>

namespace unroll {

struct Figures {
  double total = 0;             ///< summed over the targets: nats, or squared error
  std::int64_t counted = 0;     ///< targets: tokens, or examples
  std::int64_t correct = 0;     ///< where the likeliest token or class was right
  std::int64_t characters = 0;  ///< code points that the tokens stand for

  double loss() const;                ///< nats a target, or mean squared error
  double bits_per_character() const;  ///< of text, whatever the tokens are
  double perplexity() const;          ///< exp(loss)
  double accuracy() const;
};

/// What was found out about a split, example by example where the task gives one answer each.
struct Evaluation {
  Figures figures;
  std::vector<std::int32_t> labels;  ///< [examples] the likeliest class
  std::vector<TokenText> tags;       ///< [examples] the likeliest tag of every token
  std::vector<float> values;         ///< [examples, K] as predicted
  std::vector<float> probabilities;  ///< [examples, classes], if they are wanted
};

/// What to keep beside the answers.
enum class Keep { nothing, probabilities };

/// Predicts a whole split without dropout. A stream's pieces are read from a zero state that is
/// carried to the piece's end; every token but its first is predicted. `batch` is the number of
/// whole examples side by side. Neither the order nor the company of examples changes a figure.
/// `stop` (may be null) ends early with what was read.
Evaluation evaluate(const Model& model, const Encoded& split, std::int64_t batch = 128,
                    const StopFlag* stop = nullptr, Keep keep = Keep::nothing);

}  // namespace unroll
