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
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/highway.h>

#include <unroll/tensor/recurrent_tiles-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::recurrent::HWY_NAMESPACE {

using kernels::Recurrent;
using kernels::RecurrentGradients;
using kernels::RecurrentSequence;

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
    const std::int64_t left = s.hidden - j;
    const V d = RnnGradient<kRelu>(s, dh, t, row, j);
    Store(d, s.gates + (t * s.batch + row) * s.hidden + j, left);
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
    const std::int64_t H = s.hidden, left = H - j;
    const LstmGradients d = LstmGradientsAt<kPeepholes>(s, g, dh, t, row, j);
    float* const gates = s.gates + (t * s.batch + row) * 4 * H + j;
    Store(d.i, gates, left);
    Store(d.f, gates + H, left);
    Store(d.n, gates + 2 * H, left);
    Store(d.o, gates + 3 * H, left);
    AddTo(into, j, d.i, left);
    AddTo(into, j + H, d.f, left);
    AddTo(into, j + 2 * H, d.n, left);
    AddTo(into, j + 3 * H, d.o, left);
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
    const std::int64_t H = s.hidden, left = H - j;
    const GruGradients d = GruGradientsAt(s, g, dh, t, row, j);
    float* const gates = s.gates + (t * s.batch + row) * 3 * H + j;
    Store(d.z, gates, left);
    Store(d.reset, gates + H, left);
    Store(d.n, gates + 2 * H, left);
    Store(d.product, s.memory + (t * s.batch + row) * H + j, left);
    AddTo(into, j, d.z, left);
    AddTo(into, j + H, d.reset, left);
    AddTo(into, j + 2 * H, d.n, left);
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
