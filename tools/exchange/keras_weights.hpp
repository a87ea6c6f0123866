// The weights of a run as Keras 3's layers hold them, in the order of `layer.get_weights()`.
//
//   Embedding      E [V, E]                 embeddings [V, E]
//   Dense          W [I, O], b [O]          kernel [I, O], bias [O]
//   LSTM           W, U, b in i, f, g, o    kernel [I, 4H], recurrent_kernel [H, 4H], bias [4H]
//   GRU            W, U, b, bn in z, r, n   the same with 3H; bias [2, 3H] = (b; 0, 0, bn) of
//                                           reset_after, [3H] = b without
//   SimpleRNN      W, U, b                  kernel, recurrent_kernel, bias
//   Conv2D         W [O, C, K, K], b        kernel [K, K, C, O], bias
//   Normalisation  gain, bias               gamma, beta; moving_mean, moving_variance of batches
//
// Names are paths, "rnn/layer0/kernel", of both directions "rnn/layer0/forward/kernel".
#pragma once

#include "model_layers.hpp"

namespace unroll {

/// By the names above. Throws Error(usage), naming option and reason, where Keras has no such
/// layer: peepholes, projections, cells that it does not know.
Archive to_keras(const Archive& weights, const Choice& model);

}  // namespace unroll
