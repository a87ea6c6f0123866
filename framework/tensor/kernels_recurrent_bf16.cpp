// What is left of a recurrence in mixed precision once its steps are done.
#include <unroll/tensor/bf16_tiles.hpp>
#include <unroll/tensor/gemm_bf16.hpp>
#include <unroll/tensor/kernels_recurrent_bf16.hpp>

namespace unroll::kernels {

std::int64_t rounded_width(const RecurrentSequence& s) noexcept {
  return 2 * bf16::pairs_of(gates_of(s.kind) * s.hidden);
}

void recurrent_weights_bf16(const RecurrentSequence& s, const Bf16* rounded, bool add, float* dU) {
  const std::int64_t H = s.hidden, N = s.batch, columns = gates_of(s.kind) * H;
  const std::int64_t width = rounded_width(s);
  gemm_bf16(H, columns, N, {s.h0, H, true}, {rounded, width}, {dU, columns, add});
  gemm_bf16(H, columns, (s.steps - 1) * N, {s.outputs, H, true}, {rounded + N * width, width},
            {dU, columns, true});
}

}  // namespace unroll::kernels
