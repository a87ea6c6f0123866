// Differentiable operations of attention. Part of ops.hpp.
#pragma once

#include <unroll/autodiff/graph.hpp>

namespace unroll {

// Queries [T, N, K], or those of one step [N, K], look at S positions [S, N, …]; scores and weights
// are [T, N, S] or [N, S]. `lengths` [N] (i32) holds the positions of each lane that count, 0 … S;
// undefined: all. Nothing beyond them is read, gets a weight or a gradient.

/// The dot product of each query and key; keys [S, N, K].
Var dot_scores(Var queries, Var keys, const Tensor& lengths = {});
/// v · tanh(query + key); keys [S, N, K], v [K].
Var additive_scores(Var queries, Var keys, Var v, const Tensor& lengths = {});
/// Softmax of scores [..., N, S] over the positions that count, exactly 0 elsewhere; all zeros for
/// a lane without positions.
Var masked_softmax(Var scores, const Tensor& lengths = {});
/// The sum of values [S, N, M] by their weights: [T, N, M] or [N, M].
Var weighted_sum(Var weights, Var values, const Tensor& lengths = {});

}  // namespace unroll
