// Whole sequences of the three built-in recurrences in float32: the product with U, the gates'
// nonlinearities and the update of the state in one pass over each tile of the batch.
//
// T steps, N sequences, H hidden, G gates. Every thread takes some of the sequences through all
// time steps on its own, so threads meet once a sequence, not once a step, and which sequence
// shares a tile with which never changes what is computed for it. U is packed once a sequence
// into panels in the order in which the tiles read it.
#pragma once

#include <cstdint>

namespace unroll::kernels {

enum class Recurrent : std::uint8_t { rnn_tanh, rnn_relu, lstm, lstm_peephole, gru };

/// G: 1 for rnn, 4 for lstm (i, f, g, o), 3 for gru (z, r, n; reset after the product).
std::int64_t gates_of(Recurrent kind) noexcept;

/// A sequence. All arrays are dense and row-major; none may overlap unless said.
struct RecurrentSequence {
  Recurrent kind{};
  std::int64_t steps = 0, batch = 0, hidden = 0;
  const float* U = nullptr;          ///< [H, G*H]
  const float* extra = nullptr;      ///< lstm_peephole: [3, H]; gru: recurrent bias of n, [H]
  const float* h0 = nullptr;         ///< [N, H]
  const float* c0 = nullptr;         ///< lstm: [N, H]
  const float* projected = nullptr;  ///< [T, N, G*H]: x W + b
  /// [T, N, G*H]: the gates after their nonlinearities, kept for backward; may be `projected`.
  /// Null: nothing is kept (inference). An rnn keeps its outputs alone and leaves this untouched.
  float* gates = nullptr;
  /// lstm: c, [T, N, H], or [N, H] (the last) when `gates` is null.
  /// gru: h U + extra of gate n, [T, N, H], or null when `gates` is null.
  float* memory = nullptr;
  float* outputs = nullptr;  ///< h, [T, N, H]
  /// [T, N]: one-hot input. `projected` is then a table [classes + 1, G*H], rows of W + b by id
  /// and b alone for ids outside 0 … classes-1; it is read only, and `gates` is other memory.
  const std::int32_t* ids = nullptr;
  std::int64_t classes = 0;
};

/// What arrives from above and what leaves. Null where nothing arrives or nobody asks.
struct RecurrentGradients {
  const float* outputs = nullptr;  ///< [T, N, H]
  const float* last_h = nullptr;   ///< [N, H]
  /// [N, H]. In: the gradient of the last c for an lstm, zeros otherwise. Out: that of c0. Needed
  /// by lstm and gru.
  float* carried = nullptr;
  float* h0 = nullptr;     ///< out: [N, H]
  float* extra = nullptr;  ///< out, added to: like `extra` of the sequence
  float* table = nullptr;  ///< out, with ids: [classes + 1, G*H], like `projected` then
};

/// Fills outputs, memory and gates.
void recurrent_forward(const RecurrentSequence& sequence);
/// Replaces `gates` by the gradient of `projected` (an rnn writes it there), and a gru's `memory`
/// by the gradient of h U + extra of gate n. The gradient of U is left to recurrent_weights.
void recurrent_backward(const RecurrentSequence& sequence, const RecurrentGradients& gradients);
/// The part of recurrent_backward that adds to `extra`.
void recurrent_extra(const RecurrentSequence& sequence, float* extra);
/// After recurrent_backward: dU [H, G*H] = or += sum over time of h_before^T dgates.
void recurrent_weights(const RecurrentSequence& sequence, bool add, float* dU);

}  // namespace unroll::kernels
