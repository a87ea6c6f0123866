// Differentiable operations of transformers (Vaswani et al. 2017, arXiv 1706.03762).
#pragma once

#include <cstdint>

#include <unroll/autodiff/graph.hpp>

namespace unroll {

/// Gaussian error linear unit in its usual approximation (Hendrycks and Gimpel 2016,
/// arXiv 1606.08415): x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))).
Var gelu(Var x);

/// What rotates vectors by their positions (Su et al. 2021, arXiv 2104.09864): for each of the
/// positions 0 … steps-1 the cosine and sine of each pair's angle, [steps, width]. Pair i of a head
/// of this (even) width turns by base^(-2i/width) from one position to the next.
Tensor rotary_turns(std::int64_t steps, std::int64_t width, DType type, double base = 10000);
/// Turns elements 2i and 2i+1 of every head of x [T, N, heads * width] by their pair's angle at
/// each of the T positions; turns [T, width], of x's type. Products of two vectors that were both
/// turned depend on the distance of their positions alone.
Var rotate_pairs(Var x, const Tensor& turns);

/// Scaled dot-product attention of several heads, each step looking back: queries [T, N, D] are the
/// last T of the S positions that keys and values [S, N, D] hold, and each sees its own position
/// and the `reach` before it, as far as there are any. A head is a block of D / heads columns:
///   y = softmax(q k' / sqrt(D / heads)) v        [T, N, D], the heads side by side
Var causal_attention(Var queries, Var keys, Var values, std::int64_t heads, std::int64_t reach);

}  // namespace unroll
