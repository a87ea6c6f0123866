// Recurrences forward in time: products with U, gates and states tile by tile.
// Compiled once for each instruction set; the best one is chosen when the program runs.
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels_recurrent.hpp>
#include <unroll/tensor/parallel.hpp>
#include <unroll/tensor/product_count.hpp>
#include <unroll/tensor/tensor.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_recurrent_forward.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/highway.h>

#include <unroll/tensor/recurrent_tiles-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::recurrent::HWY_NAMESPACE {

using kernels::Recurrent;
using kernels::RecurrentSequence;

/// A sequence, and how far apart the rows of two steps are in what is kept for backward: a batch,
/// or nothing where each step overwrites the one before (inference).
struct Kept {
  const RecurrentSequence& s;
  std::int64_t apart;
};

// Each finishes a tile: R rows of one panel at step t, whose products with U are in acc.

template <bool kRelu>
struct RnnForward : Kept {
  static constexpr int kColumns = 4;

  template <bool kWhole, int R>
  HWY_INLINE void operator()(V (&acc)[R][kColumns], std::int64_t t, std::int64_t row,
                             std::int64_t panel) const {
    const std::int64_t H = s.hidden, first = panel * kColumns * kLanes;
    float* const outputs = s.outputs + (t * s.batch + row) * H + first;
    for (int c = 0; c < kColumns; ++c) {
      const std::int64_t j = c * kLanes;
      const Units<kWhole> units{H - first - j};
      if (!kWhole && units.left <= 0) break;
      V a[R];
      ForEach<R>([&](int r) HWY_ATTR {
        a[r] = acc[r][c] + units.Load(Projected(s, t, row + r, H) + first + j);
      });
      if constexpr (kRelu)
        ForEach<R>([&](int r) HWY_ATTR { a[r] = hn::Max(Zero(), a[r]); });
      else
        math::gate_tanhs<R>(kD, a);
      ForEach<R>([&](int r) HWY_ATTR { units.Store(a[r], outputs + r * H + j); });
    }
  }
};

template <bool kPeepholes>
struct LstmForward : Kept {
  static constexpr int kColumns = 4;

  template <bool kWhole, int R>
  HWY_INLINE void operator()(V (&acc)[R][kColumns], std::int64_t t, std::int64_t row,
                             std::int64_t panel) const {
    const std::int64_t H = s.hidden, j = panel * kLanes, at = row * H + j;
    const Units<kWhole> units{H - j};
    float* const after = s.memory + t * apart * H + at;
    const float* const before = t == 0 ? s.c0 + at : after - apart * H;
    float* const outputs = s.outputs + t * s.batch * H + at;
    float* const gates = s.gates + (t * apart + row) * 4 * H + j;
    const float* x[R];
    V a[R], c[R];
    ForEach<R>([&](int r) HWY_ATTR { x[r] = Projected(s, t, row + r, 4 * H) + j; });
    // The nonlinearity's argument: product, projection and, with peepholes, the memory cell.
    const auto sum = [&](int gate, int peephole, const V(&seen)[R]) HWY_ATTR {
      ForEach<R>([&](int r) HWY_ATTR {
        a[r] = acc[r][gate] + units.Load(x[r] + gate * H);
        if (kPeepholes && peephole >= 0)
          a[r] = hn::MulAdd(seen[r], units.Load(s.extra + peephole * H + j), a[r]);
      });
    };
    const auto store = [&](int gate) HWY_ATTR {
      ForEach<R>([&](int r) HWY_ATTR { units.Store(a[r], gates + (r * 4 + gate) * H); });
    };
    V c_before[R];
    ForEach<R>([&](int r) HWY_ATTR { c_before[r] = units.Load(before + r * H); });
    sum(0, 0, c_before);
    math::gate_sigmoids<R>(kD, a);
    store(0);
    ForEach<R>([&](int r) HWY_ATTR { c[r] = a[r]; });
    sum(2, -1, c_before);
    math::gate_tanhs<R>(kD, a);
    store(2);
    ForEach<R>([&](int r) HWY_ATTR { c[r] = c[r] * a[r]; });
    sum(1, 1, c_before);
    math::gate_sigmoids<R>(kD, a);
    store(1);
    ForEach<R>([&](int r) HWY_ATTR {
      c[r] = hn::MulAdd(a[r], c_before[r], c[r]);
      units.Store(c[r], after + r * H);
    });
    sum(3, 2, c);
    math::gate_sigmoids<R>(kD, a);
    store(3);
    math::gate_tanhs<R>(kD, c);
    ForEach<R>([&](int r) HWY_ATTR { units.Store(a[r] * c[r], outputs + r * H); });
  }
};

struct GruForward : Kept {
  static constexpr int kColumns = 3;

  template <bool kWhole, int R>
  HWY_INLINE void operator()(V (&acc)[R][kColumns], std::int64_t t, std::int64_t row,
                             std::int64_t panel) const {
    const std::int64_t H = s.hidden, plane = s.batch * H, j = panel * kLanes, at = row * H + j;
    const Units<kWhole> units{H - j};
    float* const outputs = s.outputs + t * plane + at;
    const float* const before = t == 0 ? s.h0 + at : outputs - plane;
    float* const memory = s.memory + t * apart * H + at;
    float* const gates = s.gates + (t * apart + row) * 3 * H + j;
    const V bias = units.Load(s.extra + j);
    const float* x[R];
    V z[R], n[R];
    const auto store = [&](const V(&values)[R], int gate) HWY_ATTR {
      ForEach<R>([&](int r) HWY_ATTR { units.Store(values[r], gates + (r * 3 + gate) * H); });
    };
    ForEach<R>([&](int r) HWY_ATTR {
      x[r] = Projected(s, t, row + r, 3 * H) + j;
      n[r] = acc[r][1] + units.Load(x[r] + H);
    });
    math::gate_sigmoids<R>(kD, n);
    store(n, 1);
    ForEach<R>([&](int r) HWY_ATTR {
      const V q = acc[r][2] + bias;
      units.Store(q, memory + r * H);
      n[r] = hn::MulAdd(n[r], q, units.Load(x[r] + 2 * H));
    });
    math::gate_tanhs<R>(kD, n);
    store(n, 2);
    ForEach<R>([&](int r) HWY_ATTR { z[r] = acc[r][0] + units.Load(x[r]); });
    math::gate_sigmoids<R>(kD, z);
    store(z, 0);
    ForEach<R>([&](int r) HWY_ATTR {
      const V h = units.Load(before + r * H);
      units.Store(hn::MulAdd(z[r], h - n[r], n[r]), outputs + r * H);
    });
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
      finish.template operator()<false>(acc, 0, row, panel);
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
  ForRows<C>(s.batch, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = 0; t < s.steps; ++t) {
      const float* const before = Before(s.h0, s.outputs, t, plane);
      for (std::int64_t panel = 0; panel < panels; ++panel) {
        Panel<C> U(packed, panel);
        const auto tiles = [&](auto whole) HWY_ATTR {
          ForTiles<kGateRows<C>>(begin, end, [&](auto rows, std::int64_t row) HWY_ATTR {
            V acc[rows][C];
            Clear(acc);
            if (s.ids == nullptr) {  // a table stays in the cache
              for (int r = 0; r < rows; ++r)
                for (int c = 0; c < C; ++c)
                  Fetch(Projected(s, t, row + r, width) + ColumnOf(panel, c, H, width, C));
            }
            Multiply(before + row * H, H, U.begin(), H, U.ahead(), acc);
            finish.template operator()<whole>(acc, t, row, panel);
          });
        };
        // With few registers, code without the branches of partial units needs more of them.
        if (kManyRegisters && IsWhole(panel, H, width, C))
          tiles(std::true_type());
        else
          tiles(std::false_type());
      }
    }
  });
}

void RunForward(const RecurrentSequence& sequence) {
  RecurrentSequence s = sequence;
  const bool keep = s.gates != nullptr;
  Tensor gates, memory;  // of one step, where nobody keeps them
  if (!keep && kernels::gates_of(s.kind) > 1) {
    gates = Tensor::empty({s.batch, kernels::gates_of(s.kind) * s.hidden});
    s.gates = gates.data<float>();
  }
  if (!keep && s.kind == Recurrent::gru) {
    memory = Tensor::empty({s.batch, s.hidden});
    s.memory = memory.data<float>();
  }
  const Kept kept{s, keep ? s.batch : 0};
  switch (s.kind) {
    case Recurrent::rnn_tanh:
      return Forward(s, RnnForward<false>{kept});
    case Recurrent::rnn_relu:
      return Forward(s, RnnForward<true>{kept});
    case Recurrent::lstm:
      return Forward(s, LstmForward<false>{kept});
    case Recurrent::lstm_peephole:
      return Forward(s, LstmForward<true>{kept});
    case Recurrent::gru:
      return Forward(s, GruForward{kept});
  }
}

}  // namespace unroll::recurrent::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll::recurrent {
HWY_EXPORT(RunForward);
}  // namespace unroll::recurrent

void unroll::kernels::recurrent_forward(const RecurrentSequence& sequence) {
  using namespace unroll::recurrent;
  const std::int64_t H = sequence.hidden;
  unroll::count_product(sequence.steps * sequence.batch, gates_of(sequence.kind) * H, H);
  HWY_DYNAMIC_DISPATCH(RunForward)(sequence);
}
#endif
