// What is left of a recurrence once its steps are done: sums over all of them.
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/kernels_recurrent.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll::kernels {

std::int64_t gates_of(Recurrent kind) noexcept {
  switch (kind) {
    case Recurrent::lstm:
    case Recurrent::lstm_peephole:
      return 4;
    case Recurrent::gru:
      return 3;
    default:
      return 1;
  }
}

void recurrent_extra(const RecurrentSequence& s, float* extra) {
  const std::int64_t H = s.hidden, rows = s.steps * s.batch, plane = s.batch * H;
  if (s.kind == Recurrent::gru) return column_sums(rows, H, s.memory, extra, true);
  parallel_chunks(H, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = 0; row < rows; ++row) {
      const float* const memory = s.memory + row * H;
      const float* const gates = s.gates + row * 4 * H;
      const float* const before = row < s.batch ? s.c0 + row * H : memory - plane;
      for (std::int64_t j = begin; j < end; ++j) {
        extra[j] += gates[j] * before[j];
        extra[H + j] += gates[H + j] * before[j];
        extra[2 * H + j] += gates[3 * H + j] * memory[j];
      }
    }
  });
}

void recurrent_weights(const RecurrentSequence& s, bool add, float* dU) {
  const std::int64_t H = s.hidden, N = s.batch, width = gates_of(s.kind) * H;
  // dU's columns begin … begin+columns-1 from the gradients in `d`, whose rows are `stride` long.
  const auto columns_from = [&](const float* d, std::int64_t stride, std::int64_t columns,
                                float* into) {
    gemm(true, false, H, columns, N, 1.0f, s.h0, H, d, stride, add ? 1.0f : 0.0f, into, width);
    gemm(true, false, H, columns, (s.steps - 1) * N, 1.0f, s.outputs, H, d + N * stride, stride,
         1.0f, into, width);
  };
  if (s.kind == Recurrent::gru) {
    columns_from(s.gates, width, 2 * H, dU);
    columns_from(s.memory, H, H, dU + 2 * H);
  } else {
    columns_from(s.gates, width, width, dU);
  }
}

}  // namespace unroll::kernels
