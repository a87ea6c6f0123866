// See the header. This file is compiled once for each instruction set; the best one is chosen when
// the program runs.
#include <unroll/tensor/kernels_recurrent.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/gemm.hpp>
#include <unroll/tensor/parallel.hpp>
#include <unroll/tensor/tensor.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_recurrent.cpp"
// Tiles are arrays of vectors, which vectors of unknown length cannot form.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/highway.h>

#include <unroll/tensor/recurrent_tiles-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::recurrent::HWY_NAMESPACE {

using kernels::Recurrent;
using kernels::RecurrentGradients;
using kernels::RecurrentSequence;

// ---- forward -----------------------------------------------------------------------------------

/// The state before step t: the given one, or the step before's.
HWY_INLINE const float* Before(const float* initial, const float* all, std::int64_t t,
                               std::int64_t plane) {
  return t == 0 ? initial : all + (t - 1) * plane;
}

template <bool kRelu>
struct RnnForward {
  static constexpr int kColumns = 4;
  const RecurrentSequence& s;

  template <int R>
  HWY_INLINE void operator()(V (&acc)[R][kColumns], std::int64_t t, std::int64_t row,
                             std::int64_t panel) const {
    const std::int64_t H = s.hidden;
    for (int r = 0; r < R; ++r) {
      const std::int64_t at = (t * s.batch + row + r) * H;
      for (int c = 0; c < kColumns; ++c) {
        const std::int64_t j = (panel * kColumns + c) * kLanes;
        if (j >= H) break;
        const V a = acc[r][c] + Load(s.projected + at + j, H - j);
        Store(kRelu ? hn::Max(Zero(), a) : math::vector_tanh(kD, a), s.outputs + at + j, H - j);
      }
    }
  }
};

template <bool kPeepholes>
struct LstmForward {
  static constexpr int kColumns = 4;
  const RecurrentSequence& s;

  template <int R>
  HWY_INLINE void operator()(V (&acc)[R][kColumns], std::int64_t t, std::int64_t row,
                             std::int64_t panel) const {
    const std::int64_t H = s.hidden, plane = s.batch * H, j = panel * kLanes, left = H - j;
    const bool keep = s.gates != nullptr;
    const float* before = keep ? Before(s.c0, s.memory, t, plane) : t == 0 ? s.c0 : s.memory;
    float* after = keep ? s.memory + t * plane : s.memory;
    for (int r = 0; r < R; ++r) {
      const std::int64_t at = (row + r) * H + j;
      const float* x = s.projected + (t * s.batch + row + r) * 4 * H + j;
      const V c_before = Load(before + at, left);
      V i = acc[r][0] + Load(x, left), f = acc[r][1] + Load(x + H, left);
      V o = acc[r][3] + Load(x + 3 * H, left);
      if constexpr (kPeepholes) {
        i = hn::MulAdd(c_before, Load(s.extra + j, left), i);
        f = hn::MulAdd(c_before, Load(s.extra + H + j, left), f);
      }
      i = math::vector_sigmoid(kD, i);
      f = math::vector_sigmoid(kD, f);
      const V g = math::vector_tanh(kD, acc[r][2] + Load(x + 2 * H, left));
      const V c = hn::MulAdd(f, c_before, i * g);
      if constexpr (kPeepholes) o = hn::MulAdd(c, Load(s.extra + 2 * H + j, left), o);
      o = math::vector_sigmoid(kD, o);
      Store(c, after + at, left);
      Store(o * math::vector_tanh(kD, c), s.outputs + t * plane + at, left);
      if (!keep) continue;
      float* gates = s.gates + (t * s.batch + row + r) * 4 * H + j;
      Store(i, gates, left);
      Store(f, gates + H, left);
      Store(g, gates + 2 * H, left);
      Store(o, gates + 3 * H, left);
    }
  }
};

struct GruForward {
  static constexpr int kColumns = 3;
  const RecurrentSequence& s;

  template <int R>
  HWY_INLINE void operator()(V (&acc)[R][kColumns], std::int64_t t, std::int64_t row,
                             std::int64_t panel) const {
    const std::int64_t H = s.hidden, plane = s.batch * H, j = panel * kLanes, left = H - j;
    const float* before = Before(s.h0, s.outputs, t, plane);
    const V bias = Load(s.extra + j, left);
    for (int r = 0; r < R; ++r) {
      const std::int64_t at = (row + r) * H + j;
      const float* x = s.projected + (t * s.batch + row + r) * 3 * H + j;
      const V z = math::vector_sigmoid(kD, acc[r][0] + Load(x, left));
      const V reset = math::vector_sigmoid(kD, acc[r][1] + Load(x + H, left));
      const V q = acc[r][2] + bias;
      const V n = math::vector_tanh(kD, hn::MulAdd(reset, q, Load(x + 2 * H, left)));
      Store(hn::MulAdd(z, Load(before + at, left) - n, n), s.outputs + t * plane + at, left);
      if (s.gates == nullptr) continue;
      float* gates = s.gates + (t * s.batch + row + r) * 3 * H + j;
      Store(z, gates, left);
      Store(reset, gates + H, left);
      Store(n, gates + 2 * H, left);
      Store(q, s.memory + t * plane + at, left);
    }
  }
};

/// One step of a few rows straight from U: packing would cost more than the product.
template <class Finish>
void StepUnpacked(const RecurrentSequence& s, const Finish& finish) {
  constexpr int C = Finish::kColumns;
  const std::int64_t H = s.hidden, width = kernels::gates_of(s.kind) * H;
  Tensor products = Tensor::empty({s.batch, width + kLanes});
  float* const all = products.data<float>();
  for (std::int64_t row = 0; row < s.batch; ++row) {
    float* const y = all + row * (width + kLanes);
    const float* const h = s.h0 + row * H;
    if (H * width < kParallelProduct) {
      RowTimesMatrix(h, s.U, H, width, 0, width, y);
    } else {
      parallel_chunks(width, kChunk, [&](std::int64_t begin, std::int64_t end) {
        RowTimesMatrix(h, s.U, H, width, begin, end, y);
      });
    }
    for (std::int64_t panel = 0; panel < Panels(H, width, C); ++panel) {
      V acc[1][C];
      for (int c = 0; c < C; ++c) {
        const std::int64_t column = ColumnOf(panel, c, H, width, C);
        acc[0][c] = column < width ? hn::LoadU(kD, y + column) : Zero();
      }
      finish(acc, 0, row, panel);
    }
  }
}

template <class Finish>
void Forward(const RecurrentSequence& s, const Finish& finish) {
  constexpr int C = Finish::kColumns;
  const std::int64_t H = s.hidden, width = kernels::gates_of(s.kind) * H;
  if (s.steps == 1 && s.batch <= kUnpackedRows) return StepUnpacked(s, finish);
  const Tensor packed = PackColumns(s.U, H, width, C);
  const std::int64_t panels = Panels(H, width, C), plane = s.batch * H;
  ForRows<C>(s.batch, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = 0; t < s.steps; ++t) {
      const float* const before = Before(s.h0, s.outputs, t, plane);
      for (std::int64_t panel = 0; panel < panels; ++panel) {
        Panel<C> U(packed, panel);
        ForTiles<kMaxRows<C>>(begin, end, [&](auto rows, std::int64_t row) HWY_ATTR {
          V acc[rows][C];
          Clear(acc);
          for (int r = 0; r < rows; ++r)
            for (int c = 0; c < C; ++c)
              Fetch(s.projected + (t * s.batch + row + r) * width +
                    ColumnOf(panel, c, H, width, C));
          Multiply(before + row * H, H, U.begin(), H, U.ahead(), acc);
          finish(acc, t, row, panel);
        });
      }
    }
  });
}

// ---- backward ----------------------------------------------------------------------------------

/// What the gradient of h_t is besides the product: from above, and at the end from the last h.
HWY_INLINE V FromAbove(const RecurrentSequence& s, const RecurrentGradients& g, std::int64_t t,
                       std::int64_t at, std::int64_t left) {
  V sum = Zero();
  if (g.outputs != nullptr) sum = Load(g.outputs + t * s.batch * s.hidden + at, left);
  if (g.last_h != nullptr && t == s.steps - 1) sum += Load(g.last_h + at, left);
  return sum;
}

template <bool kRelu>
struct RnnBackward {
  const RecurrentSequence& s;
  const RecurrentGradients& g;

  HWY_INLINE void operator()(V dh, std::int64_t t, std::int64_t row, std::int64_t j) const {
    const std::int64_t H = s.hidden, at = row * H + j, left = H - j;
    const V h = Load(s.outputs + t * s.batch * H + at, left);
    const V d = kRelu ? hn::IfThenElseZero(hn::Gt(h, Zero()), dh) : dh * hn::NegMulAdd(h, h, One());
    Store(d, s.gates + t * s.batch * H + at, left);
  }
  HWY_INLINE V Carried(V product, std::int64_t /*at*/, std::int64_t /*left*/) const {
    return product;
  }
};

template <bool kPeepholes>
struct LstmBackward {
  const RecurrentSequence& s;
  const RecurrentGradients& g;

  HWY_INLINE void operator()(V dh, std::int64_t t, std::int64_t row, std::int64_t j) const {
    const std::int64_t H = s.hidden, plane = s.batch * H, at = row * H + j, left = H - j;
    float* const gates = s.gates + (t * s.batch + row) * 4 * H + j;
    const V i = Load(gates, left), f = Load(gates + H, left);
    const V n = Load(gates + 2 * H, left), o = Load(gates + 3 * H, left);
    const V tanh_c = math::vector_tanh(kD, Load(s.memory + t * plane + at, left));
    const V c_before = Load(Before(s.c0, s.memory, t, plane) + at, left);
    const V d_o = dh * tanh_c * o * (One() - o);
    V dc = hn::MulAdd(dh * o, hn::NegMulAdd(tanh_c, tanh_c, One()), Load(g.carried + at, left));
    if constexpr (kPeepholes) dc = hn::MulAdd(d_o, Load(s.extra + 2 * H + j, left), dc);
    const V d_i = dc * n * i * (One() - i);
    const V d_f = dc * c_before * f * (One() - f);
    V carried = dc * f;
    if constexpr (kPeepholes) {
      carried = hn::MulAdd(d_i, Load(s.extra + j, left), carried);
      carried = hn::MulAdd(d_f, Load(s.extra + H + j, left), carried);
    }
    Store(carried, g.carried + at, left);
    Store(d_i, gates, left);
    Store(d_f, gates + H, left);
    Store(dc * i * hn::NegMulAdd(n, n, One()), gates + 2 * H, left);
    Store(d_o, gates + 3 * H, left);
  }
  HWY_INLINE V Carried(V product, std::int64_t /*at*/, std::int64_t /*left*/) const {
    return product;
  }
};

struct GruBackward {
  const RecurrentSequence& s;
  const RecurrentGradients& g;

  HWY_INLINE void operator()(V dh, std::int64_t t, std::int64_t row, std::int64_t j) const {
    const std::int64_t H = s.hidden, plane = s.batch * H, at = row * H + j, left = H - j;
    float* const gates = s.gates + (t * s.batch + row) * 3 * H + j;
    float* const memory = s.memory + t * plane + at;
    const V z = Load(gates, left), reset = Load(gates + H, left), n = Load(gates + 2 * H, left);
    dh += Load(g.carried + at, left);
    const V d_n = dh * (One() - z) * hn::NegMulAdd(n, n, One());
    const V d_z = dh * (Load(Before(s.h0, s.outputs, t, plane) + at, left) - n);
    Store(dh * z, g.carried + at, left);
    Store(d_z * z * (One() - z), gates, left);
    Store(d_n * Load(memory, left) * reset * (One() - reset), gates + H, left);
    Store(d_n, gates + 2 * H, left);
    Store(d_n * reset, memory, left);
  }
  HWY_INLINE V Carried(V product, std::int64_t at, std::int64_t left) const {
    return product + Load(g.carried + at, left);
  }
};

/// acc += the gradient of h U of step t times U transposed, for rows from `row` on.
template <int R, int C>
HWY_INLINE void MultiplyBack(const RecurrentSequence& s, Panel<C>& U, std::int64_t t,
                             std::int64_t row, V (&acc)[R][C]) {
  const std::int64_t H = s.hidden, width = kernels::gates_of(s.kind) * H;
  const std::int64_t direct = s.kind == Recurrent::gru ? 2 * H : width;
  const float* const ahead = U.ahead();
  Multiply(s.gates + (t * s.batch + row) * width, width, U.begin(), direct, ahead, acc);
  if (direct < width)
    Multiply(s.memory + (t * s.batch + row) * H, H, U.begin() + direct * C * kLanes, H,
             ahead + direct * kLine, acc);
}

template <class Step>
void Backward(const RecurrentSequence& s, const RecurrentGradients& g, const Step& step) {
  constexpr int C = 4;
  const std::int64_t H = s.hidden, width = kernels::gates_of(s.kind) * H;
  const Tensor packed = PackRows(s.U, H, width, C);
  const std::int64_t panels = Panels(H, H, C);
  ForRows<C>(s.batch, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = s.steps - 1; t >= (g.h0 != nullptr ? -1 : 0); --t) {
      for (std::int64_t panel = 0; panel < panels; ++panel) {
        Panel<C> U(packed, panel);
        ForTiles<kMaxRows<C>>(begin, end, [&](auto rows, std::int64_t row) HWY_ATTR {
          V acc[rows][C];
          Clear(acc);
          if (t + 1 < s.steps) MultiplyBack(s, U, t + 1, row, acc);
          for (int r = 0; r < rows; ++r) {
            for (int c = 0; c < C; ++c) {
              const std::int64_t j = (panel * C + c) * kLanes, at = (row + r) * H + j;
              if (j >= H) break;
              if (t >= 0) {
                step(acc[r][c] + FromAbove(s, g, t, at, H - j), t, row + r, j);
              } else {
                Store(step.Carried(acc[r][c], at, H - j), g.h0 + at, H - j);
              }
            }
          }
        });
      }
    }
  });
}

// ---- entry points of this instruction set ------------------------------------------------------

void RunForward(const RecurrentSequence& s) {
  switch (s.kind) {
    case Recurrent::rnn_tanh:
      return Forward(s, RnnForward<false>{s});
    case Recurrent::rnn_relu:
      return Forward(s, RnnForward<true>{s});
    case Recurrent::lstm:
      return Forward(s, LstmForward<false>{s});
    case Recurrent::lstm_peephole:
      return Forward(s, LstmForward<true>{s});
    case Recurrent::gru:
      return Forward(s, GruForward{s});
  }
}

void RunBackward(const RecurrentSequence& s, const RecurrentGradients& g) {
  switch (s.kind) {
    case Recurrent::rnn_tanh:
      return Backward(s, g, RnnBackward<false>{s, g});
    case Recurrent::rnn_relu:
      return Backward(s, g, RnnBackward<true>{s, g});
    case Recurrent::lstm:
      return Backward(s, g, LstmBackward<false>{s, g});
    case Recurrent::lstm_peephole:
      return Backward(s, g, LstmBackward<true>{s, g});
    case Recurrent::gru:
      return Backward(s, g, GruBackward{s, g});
  }
}

}  // namespace unroll::recurrent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll::recurrent {
HWY_EXPORT(RunForward);
HWY_EXPORT(RunBackward);

static void forward(const kernels::RecurrentSequence& sequence) {
  HWY_DYNAMIC_DISPATCH(RunForward)(sequence);
}
static void backward(const kernels::RecurrentSequence& sequence,
                     const kernels::RecurrentGradients& gradients) {
  HWY_DYNAMIC_DISPATCH(RunBackward)(sequence, gradients);
}
}  // namespace unroll::recurrent

namespace unroll::kernels {
namespace {

/// Gradients of what is neither W, U nor b: peepholes, or the bias inside a gru's reset product.
void extra_gradients(const RecurrentSequence& s, float* extra) {
  const std::int64_t H = s.hidden, rows = s.steps * s.batch, plane = s.batch * H;
  parallel_chunks(H, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = 0; row < rows; ++row) {
      const float* const memory = s.memory + row * H;
      if (s.kind == Recurrent::gru) {
        for (std::int64_t j = begin; j < end; ++j) extra[j] += memory[j];
        continue;
      }
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

}  // namespace

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

void recurrent_forward(const RecurrentSequence& sequence) {
  recurrent::forward(sequence);
}

void recurrent_backward(const RecurrentSequence& sequence, const RecurrentGradients& gradients) {
  recurrent::backward(sequence, gradients);
  if (gradients.extra != nullptr) extra_gradients(sequence, gradients.extra);
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
#endif
