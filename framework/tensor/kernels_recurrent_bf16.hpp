// Whole sequences of the built-in recurrences in mixed precision: as kernels_recurrent.hpp, but for
// the operands of the products with U, which are rounded to bfloat16. Gates, states, their
// gradients and all sums stay float32.
//
// U is packed once a sequence; h, and going back the gradients of the gates, are rounded as soon as
// they are known. Every thread takes some of the sequences through all time steps on its own.
#pragma once

#include <unroll/tensor/bf16.hpp>
#include <unroll/tensor/kernels_recurrent.hpp>

namespace unroll::kernels {

/// Fills outputs, memory and gates.
void recurrent_forward_bf16(const RecurrentSequence& sequence);

/// Values in a row of the rounded gradients of gates: G*H, and one more if that is odd.
std::int64_t rounded_width(const RecurrentSequence& sequence) noexcept;

/// As recurrent_backward. Also leaves the gradient of h U, rounded, in `rounded`
/// [T, N, rounded_width].
void recurrent_backward_bf16(const RecurrentSequence& sequence, const RecurrentGradients& gradients,
                             Bf16* rounded);

/// After it: dU [H, G*H] = or += sum over time of h_before^T times `rounded`.
void recurrent_weights_bf16(const RecurrentSequence& sequence, const Bf16* rounded, bool add,
                            float* dU);

}  // namespace unroll::kernels
