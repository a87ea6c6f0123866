// Whole sequences of the built-in recurrences as one operation on the tape. A cell's `unroll`
// hands over to it where it can; the cell's `step` stays the definition of what is computed.
#pragma once

#include <unroll/model/cell.hpp>
#include <unroll/tensor/kernels_recurrent.hpp>

namespace unroll {

/// rnn_tanh, rnn_relu, lstm, lstm_peephole, gru (reset after the product).
using FusedCell = kernels::Recurrent;

/// What a fused recurrence needs besides its input and state.
struct FusedWeights {
  Parameter* U = nullptr;      ///< [H, G*H]
  Parameter* extra = nullptr;  ///< lstm_peephole: P [3, H]; gru: bn [H]
};

/// The fused kernels compute in float32 only.
inline bool fusable(Var projected) {
  return projected.dtype() == DType::f32;
}

/// projected [T, N, G*H], T > 0. With `overwrite` the activations are kept in the memory of
/// `projected`, whose value is lost: for the cell that made it and knows that nobody else looks.
/// Keeps activations and states, T*N*(G+1..2)*H floats; in an infer-mode graph none.
Unrolled fused_unroll(FusedCell kind, Var projected, const State& state,
                      const FusedWeights& weights, bool overwrite);

/// The weights of the input's projection, x W + b.
struct FusedProjection {
  Parameter* W = nullptr;  ///< [I, G*H]
  Parameter* b = nullptr;  ///< [G*H]
};

/// What a fused cell's `project` returns: x W + b; or, if the cell owns the projection (it is asked
/// from within `run`), one-hot x itself, whose rows of W the overload below gathers as it goes.
Var fused_project(Var x, const FusedProjection& weights, bool owned);

/// The same as above for what fused_project gave the cell, `owned` as then.
Unrolled fused_unroll(FusedCell kind, Var projected, const State& state,
                      const FusedWeights& weights, const FusedProjection& input, bool owned);

/// One step, projected [N, G*H], for graphs that do not record.
State fused_step(FusedCell kind, Var projected, const State& state, const FusedWeights& weights);

}  // namespace unroll
