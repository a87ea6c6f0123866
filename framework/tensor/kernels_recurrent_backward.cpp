// Recurrences backward in time: the gradients of gates and states tile by tile.
// Compiled once for each instruction set; the best one is chosen when the program runs.
#include <algorithm>
#include <cstddef>
#include <cstring>

#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/kernels_recurrent.hpp>
#include <unroll/tensor/parallel.hpp>
#include <unroll/tensor/product_count.hpp>
#include <unroll/tensor/tensor.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_recurrent_backward.cpp"
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

/// What the gradient of h_t is besides the product: from above, and at the end from the last h.
HWY_INLINE V FromAbove(const RecurrentSequence& s, const RecurrentGradients& g, std::int64_t t,
                       std::int64_t at, std::int64_t left) {
  V sum = Zero();
  if (g.outputs != nullptr) sum = Load(g.outputs + t * s.batch * s.hidden + at, left);
  if (g.last_h != nullptr && t == s.steps - 1) sum += Load(g.last_h + at, left);
  return sum;
}

/// What a row of a thread's own table gets, if there is one.
HWY_INLINE void AddTo(float* table, std::int64_t at, V gradient, std::int64_t left) {
  if (table != nullptr) Store(Load(table + at, left) + gradient, table + at, left);
}

/// A step's functor writes the gradients of the gates of a row, units j on, and adds them to
/// `into`, the row of the thread's table that belongs to its input (or null).
template <bool kRelu>
struct RnnBackward {
  const RecurrentSequence& s;
  const RecurrentGradients& g;

  HWY_INLINE void operator()(V dh, std::int64_t t, std::int64_t row, std::int64_t j,
                             float* into) const {
    const std::int64_t H = s.hidden, at = row * H + j, left = H - j;
    const V h = Load(s.outputs + t * s.batch * H + at, left);
    const V d = kRelu ? hn::IfThenElseZero(hn::Gt(h, Zero()), dh) : dh * hn::NegMulAdd(h, h, One());
    Store(d, s.gates + t * s.batch * H + at, left);
    AddTo(into, j, d, left);
  }
  HWY_INLINE V Carried(V product, std::int64_t /*at*/, std::int64_t /*left*/) const {
    return product;
  }
};

template <bool kPeepholes>
struct LstmBackward {
  const RecurrentSequence& s;
  const RecurrentGradients& g;

  HWY_INLINE void operator()(V dh, std::int64_t t, std::int64_t row, std::int64_t j,
                             float* into) const {
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
    const V d_n = dc * i * hn::NegMulAdd(n, n, One());
    Store(d_i, gates, left);
    Store(d_f, gates + H, left);
    Store(d_n, gates + 2 * H, left);
    Store(d_o, gates + 3 * H, left);
    AddTo(into, j, d_i, left);
    AddTo(into, j + H, d_f, left);
    AddTo(into, j + 2 * H, d_n, left);
    AddTo(into, j + 3 * H, d_o, left);
  }
  HWY_INLINE V Carried(V product, std::int64_t /*at*/, std::int64_t /*left*/) const {
    return product;
  }
};

struct GruBackward {
  const RecurrentSequence& s;
  const RecurrentGradients& g;

  HWY_INLINE void operator()(V dh, std::int64_t t, std::int64_t row, std::int64_t j,
                             float* into) const {
    const std::int64_t H = s.hidden, plane = s.batch * H, at = row * H + j, left = H - j;
    float* const gates = s.gates + (t * s.batch + row) * 3 * H + j;
    float* const memory = s.memory + t * plane + at;
    const V z = Load(gates, left), reset = Load(gates + H, left), n = Load(gates + 2 * H, left);
    dh += Load(g.carried + at, left);
    const V d_n = dh * (One() - z) * hn::NegMulAdd(n, n, One());
    const V d_z = dh * (Load(Before(s.h0, s.outputs, t, plane) + at, left) - n) * z * (One() - z);
    const V d_r = d_n * Load(memory, left) * reset * (One() - reset);
    Store(dh * z, g.carried + at, left);
    Store(d_z, gates, left);
    Store(d_r, gates + H, left);
    Store(d_n, gates + 2 * H, left);
    Store(d_n * reset, memory, left);
    AddTo(into, j, d_z, left);
    AddTo(into, j + H, d_r, left);
    AddTo(into, j + 2 * H, d_n, left);
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
  // Threads add to tables of their own, which are added up in order at the end.
  Tensor tables;
  if (g.table != nullptr) tables = Tensor::zeros({Shares<C>(s.batch), s.classes + 1, width});
  ForRows<C>(s.batch, [&](std::int64_t share, std::int64_t begin, std::int64_t end) {
    float* const table =
        tables.defined() ? tables.data<float>() + share * (s.classes + 1) * width : nullptr;
    for (std::int64_t t = s.steps - 1; t >= (g.h0 != nullptr ? -1 : 0); --t) {
      for (std::int64_t panel = 0; panel < panels; ++panel) {
        Panel<C> U(packed, panel);
        ForTiles<kMaxRows<C>>(begin, end, [&](auto rows, std::int64_t row) HWY_ATTR {
          V acc[rows][C];
          Clear(acc);
          if (t + 1 < s.steps) MultiplyBack(s, U, t + 1, row, acc);
          for (int r = 0; r < rows; ++r) {
            float* const into = table == nullptr || t < 0
                                    ? nullptr
                                    : table + RowOf(s, t * s.batch + row + r) * width;
            for (int c = 0; c < C; ++c) {
              const std::int64_t j = (panel * C + c) * kLanes, at = (row + r) * H + j;
              if (j >= H) break;
              if (t >= 0) {
                step(acc[r][c] + FromAbove(s, g, t, at, H - j), t, row + r, j, into);
              } else {
                Store(step.Carried(acc[r][c], at, H - j), g.h0 + at, H - j);
              }
            }
          }
        });
      }
    }
  });
  if (tables.defined())
    kernels::column_sums(tables.dim(0), tables[0].size(), tables.data<float>(), g.table, false);
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
HWY_EXPORT(RunBackward);
}  // namespace unroll::recurrent

void unroll::kernels::recurrent_backward(const RecurrentSequence& sequence,
                                         const RecurrentGradients& gradients) {
  using namespace unroll::recurrent;
  const std::int64_t H = sequence.hidden;
  const std::int64_t steps = gradients.h0 != nullptr ? sequence.steps : sequence.steps - 1;
  unroll::count_product(steps * sequence.batch, H, gates_of(sequence.kind) * H);
  HWY_DYNAMIC_DISPATCH(RunBackward)(sequence, gradients);
  if (gradients.extra != nullptr) recurrent_extra(sequence, gradients.extra);
}
#endif
