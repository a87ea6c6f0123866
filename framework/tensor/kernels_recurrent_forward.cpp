// Recurrences forward in time: products with U, gates and states tile by tile.
// Compiled once for each instruction set; the best one is chosen when the program runs.
#include <algorithm>
#include <cstddef>
#include <cstring>

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
        const V a = acc[r][c] + Load(Projected(s, t, row + r, H) + j, H - j);
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
    const float* before = (keep ? Before(s.c0, s.memory, t, plane) : t == 0 ? s.c0 : s.memory) + j;
    float* after = (keep ? s.memory + t * plane : s.memory) + j;
    float* const outputs = s.outputs + t * plane + j;
    float* const gates = keep ? s.gates + t * s.batch * 4 * H + j : nullptr;
    const float* x[R];
    V a[R], c[R];
    ForEach<R>([&](int r) HWY_ATTR { x[r] = Projected(s, t, row + r, 4 * H) + j; });
    // The nonlinearity's argument: product, projection and, with peepholes, the memory cell.
    const auto sum = [&](int gate, int peephole, const V(&seen)[R]) HWY_ATTR {
      ForEach<R>([&](int r) HWY_ATTR {
        a[r] = acc[r][gate] + Load(x[r] + gate * H, left);
        if (kPeepholes && peephole >= 0)
          a[r] = hn::MulAdd(seen[r], Load(s.extra + peephole * H + j, left), a[r]);
      });
    };
    const auto store = [&](int gate) HWY_ATTR {
      if (!keep) return;
      ForEach<R>([&](int r) HWY_ATTR { Store(a[r], gates + (row + r) * 4 * H + gate * H, left); });
    };
    V c_before[R];
    ForEach<R>([&](int r) HWY_ATTR { c_before[r] = Load(before + (row + r) * H, left); });
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
      Store(c[r], after + (row + r) * H, left);
    });
    sum(3, 2, c);
    math::gate_sigmoids<R>(kD, a);
    store(3);
    math::gate_tanhs<R>(kD, c);
    ForEach<R>([&](int r) HWY_ATTR { Store(a[r] * c[r], outputs + (row + r) * H, left); });
  }
};

struct GruForward {
  static constexpr int kColumns = 3;
  const RecurrentSequence& s;

  template <int R>
  HWY_INLINE void operator()(V (&acc)[R][kColumns], std::int64_t t, std::int64_t row,
                             std::int64_t panel) const {
    const std::int64_t H = s.hidden, plane = s.batch * H, j = panel * kLanes, left = H - j;
    const bool keep = s.gates != nullptr;
    const float* const before = Before(s.h0, s.outputs, t, plane) + j;
    float* const outputs = s.outputs + t * plane + j;
    float* const memory = keep ? s.memory + t * plane + j : nullptr;
    float* const gates = keep ? s.gates + t * s.batch * 3 * H + j : nullptr;
    const V bias = Load(s.extra + j, left);
    const float* x[R];
    V z[R], n[R];
    const auto store = [&](const V(&values)[R], int gate) HWY_ATTR {
      if (!keep) return;
      ForEach<R>([&](int r)
                     HWY_ATTR { Store(values[r], gates + (row + r) * 3 * H + gate * H, left); });
    };
    ForEach<R>([&](int r) HWY_ATTR {
      x[r] = Projected(s, t, row + r, 3 * H) + j;
      n[r] = acc[r][1] + Load(x[r] + H, left);
    });
    math::gate_sigmoids<R>(kD, n);
    store(n, 1);
    ForEach<R>([&](int r) HWY_ATTR {
      const V q = acc[r][2] + bias;
      if (keep) Store(q, memory + (row + r) * H, left);
      n[r] = hn::MulAdd(n[r], q, Load(x[r] + 2 * H, left));
    });
    math::gate_tanhs<R>(kD, n);
    store(n, 2);
    ForEach<R>([&](int r) HWY_ATTR { z[r] = acc[r][0] + Load(x[r], left); });
    math::gate_sigmoids<R>(kD, z);
    store(z, 0);
    ForEach<R>([&](int r) HWY_ATTR {
      const V h = Load(before + (row + r) * H, left);
      Store(hn::MulAdd(z[r], h - n[r], n[r]), outputs + (row + r) * H, left);
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
  ForRows<C>(s.batch, [&](std::int64_t, std::int64_t begin, std::int64_t end) {
    for (std::int64_t t = 0; t < s.steps; ++t) {
      const float* const before = Before(s.h0, s.outputs, t, plane);
      for (std::int64_t panel = 0; panel < panels; ++panel) {
        Panel<C> U(packed, panel);
        ForTiles<kMaxRows<C>>(begin, end, [&](auto rows, std::int64_t row) HWY_ATTR {
          V acc[rows][C];
          Clear(acc);
          if (s.ids == nullptr) {  // a table stays in the cache
            for (int r = 0; r < rows; ++r)
              for (int c = 0; c < C; ++c)
                Fetch(Projected(s, t, row + r, width) + ColumnOf(panel, c, H, width, C));
          }
          Multiply(before + row * H, H, U.begin(), H, U.ahead(), acc);
          finish(acc, t, row, panel);
        });
      }
    }
  });
}

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
