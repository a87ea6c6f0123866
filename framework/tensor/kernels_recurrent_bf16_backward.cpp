// Recurrences backward in time in mixed precision: the gradients of h for some rows, then those of
// gates and states. Compiled once for each instruction set; the best one is chosen when the program
// runs.
#include <algorithm>
#include <cstddef>
#include <cstring>

#include <unroll/tensor/bf16_packing.hpp>
#include <unroll/tensor/bf16_tiles.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/kernels_recurrent_bf16.hpp>
#include <unroll/tensor/parallel.hpp>
#include <unroll/tensor/product_count.hpp>
#include <unroll/tensor/tensor.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_recurrent_bf16_backward.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/highway.h>

#include <unroll/tensor/bf16_recurrent-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::bf16::HWY_NAMESPACE {

using kernels::Recurrent;
using kernels::RecurrentGradients;
using kernels::RecurrentSequence;

/// Where the gradients of the gates of a row at a step go besides `gates`.
struct Row {
  Bf16* rounded = nullptr;  ///< of h U
  float* table =
      nullptr;  ///< added to, the row of the thread's table that belongs to the input; or null

  HWY_INLINE float* at(std::int64_t unit) const {
    return table == nullptr ? nullptr : table + unit;
  }
};

/// What a gate gets, and a row of the table if there is one.
HWY_INLINE void Keep(V gradient, float* gate, float* table, std::int64_t left) {
  Store(gradient, gate, left);
  if (table != nullptr) Store(Load(table, left) + gradient, table, left);
}

// Each turns the gradient of kLanes units j … of h at step t into those of gates and memory.

template <bool kRelu>
struct RnnBackward {
  const RecurrentSequence& s;
  const RecurrentGradients& g;

  HWY_INLINE void operator()(V dh, std::int64_t t, std::int64_t row, std::int64_t j,
                             const Row& into) const {
    const std::int64_t left = s.hidden - j;
    const V d = RnnGradient<kRelu>(s, dh, t, row, j);
    Keep(d, s.gates + (t * s.batch + row) * s.hidden + j, into.at(j), left);
    StoreRounded(d, into.rounded + j, left);
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
                             const Row& into) const {
    const std::int64_t H = s.hidden, left = H - j;
    const LstmGradients d = LstmGradientsAt<kPeepholes>(s, g, dh, t, row, j);
    float* const gates = s.gates + (t * s.batch + row) * 4 * H + j;
    const V all[] = {d.i, d.f, d.n, d.o};
    for (std::int64_t gate = 0; gate < 4; ++gate) {
      Keep(all[gate], gates + gate * H, into.at(gate * H + j), left);
      StoreRounded(all[gate], into.rounded + gate * H + j, left);
    }
  }
  HWY_INLINE V Carried(V product, std::int64_t /*at*/, std::int64_t /*left*/) const {
    return product;
  }
};

struct GruBackward {
  const RecurrentSequence& s;
  const RecurrentGradients& g;

  HWY_INLINE void operator()(V dh, std::int64_t t, std::int64_t row, std::int64_t j,
                             const Row& into) const {
    const std::int64_t H = s.hidden, left = H - j;
    const GruGradients d = GruGradientsAt(s, g, dh, t, row, j);
    float* const gates = s.gates + (t * s.batch + row) * 3 * H + j;
    Keep(d.z, gates, into.at(j), left);
    Keep(d.reset, gates + H, into.at(H + j), left);
    Keep(d.n, gates + 2 * H, into.at(2 * H + j), left);
    Store(d.product, s.memory + (t * s.batch + row) * H + j, left);
    StoreRounded(d.z, into.rounded + j, left);
    StoreRounded(d.reset, into.rounded + H + j, left);
    StoreRounded(d.product, into.rounded + 2 * H + j, left);
  }
  HWY_INLINE V Carried(V product, std::int64_t at, std::int64_t left) const {
    return product + Load(g.carried + at, left);
  }
};

/// U transposed in panels of kPanel units.
Tensor PackBackward(const RecurrentSequence& s, std::int64_t panels, std::int64_t size) {
  const std::int64_t H = s.hidden, width = kernels::gates_of(s.kind) * H;
  Tensor packed = Room(panels * size);
  parallel_for(panels, [&](std::int64_t panel) {
    pack_panel_across(Matrix<float>{s.U + panel * kPanel * width, width}, width,
                      std::min(kPanel, H - panel * kPanel), ValuesOf(packed) + panel * size);
  });
  return packed;
}

/// The part of a panel that stays in the first cache while the rows' tiles read it.
constexpr std::int64_t kPairs = 128;

/// sums [rows, kPanel] = rows of `a` times a panel of so many columns.
void MultiplyDeep(const Bf16* a, std::int64_t width, const Bf16* panel, std::int64_t rows,
                  std::int64_t columns, float* sums) {
  for (std::int64_t p = 0; p < width / 2; p += kPairs) {
    multiply({{a + 2 * p, width, 2},
              panel + p * 2 * columns,
              rows,
              columns,
              std::min(kPairs, width / 2 - p),
              p > 0,
              sums,
              kPanel});
  }
}

template <class Cell>
void Backward(const RecurrentSequence& s, const RecurrentGradients& g, Bf16* all,
              const Cell& cell) {
  const std::int64_t H = s.hidden, gates = kernels::gates_of(s.kind);
  const std::int64_t width = kernels::rounded_width(s), step = s.batch * width;
  const std::int64_t panels = (H + kPanel - 1) / kPanel, size = width * kPanel;
  const Tensor packed = PackBackward(s, panels, size);
  // Threads add to tables of their own, which are added up in order at the end.
  const std::int64_t table_size = (s.classes + 1) * gates * H;
  Tensor tables;
  if (g.table != nullptr) tables = Tensor::zeros({SharesOf(s.batch), table_size});
  ShareRows(s.batch, [&](std::int64_t share, std::int64_t begin, std::int64_t end) HWY_ATTR {
    float* const table = tables.defined() ? tables.data<float>() + share * table_size : nullptr;
    HWY_ALIGN float sums[kRows * kPanel];
    if (width > gates * H)
      for (std::int64_t t = 0; t < s.steps; ++t)
        for (std::int64_t row = begin; row < end; ++row) all[t * step + (row + 1) * width - 1] = 0;
    for (std::int64_t t = s.steps - 1; t >= (g.h0 != nullptr ? -1 : 0); --t) {
      const bool product = t + 1 < s.steps;
      for (std::int64_t panel = 0; panel < panels; ++panel) {
        const std::int64_t first = panel * kPanel, last = std::min(first + kPanel, H);
        // What the next panel reads, or the first one at the step before.
        const std::int64_t later = std::max<std::int64_t>(last < H ? t : t - 1, 0);
        const std::int64_t unit = last < H ? last : 0;
        const float* const next = s.gates + later * s.batch * gates * H + unit;
        const float* const above = g.outputs + later * s.batch * H + unit;
        const float* const memory = s.memory + later * s.batch * H + unit;
        for (std::int64_t row = begin; row < end; row += kRows) {
          const std::int64_t rows = std::min(kRows, end - row);
          if (product)
            MultiplyDeep(all + (t + 1) * step + row * width, width, ValuesOf(packed) + panel * size,
                         rows, kBlock * blocks_of(last - first), sums);
          for (std::int64_t r = 0; r < rows; ++r) {
            Fetch(next + (row + r) * gates * H, H, gates, last - first);
            if (g.outputs != nullptr) Fetch(above + (row + r) * H, H, 1, last - first);
            if (s.memory != nullptr) Fetch(memory + (row + r) * H, H, 1, last - first);
            Row into{};
            if (t >= 0) into.rounded = all + t * step + (row + r) * width;
            if (t >= 0 && table != nullptr)
              into.table = table + RowOf(s, t * s.batch + row + r) * gates * H;
            for (std::int64_t j = first; j < last; j += kLanes) {
              const std::int64_t at = (row + r) * H + j;
              const V dh = product ? hn::LoadU(kD, sums + r * kPanel + j - first) : hn::Zero(kD);
              if (t >= 0)
                cell(dh + FromAbove(s, g, t, at, H - j), t, row + r, j, into);
              else
                Store(cell.Carried(dh, at, H - j), g.h0 + at, H - j);
            }
          }
        }
      }
    }
  });
  if (tables.defined())
    kernels::column_sums(tables.dim(0), table_size, tables.data<float>(), g.table, false);
}

void RunBackward(const RecurrentSequence& s, const RecurrentGradients& g, Bf16* rounded) {
  switch (s.kind) {
    case Recurrent::rnn_tanh:
      return Backward(s, g, rounded, RnnBackward<false>{s, g});
    case Recurrent::rnn_relu:
      return Backward(s, g, rounded, RnnBackward<true>{s, g});
    case Recurrent::lstm:
      return Backward(s, g, rounded, LstmBackward<false>{s, g});
    case Recurrent::lstm_peephole:
      return Backward(s, g, rounded, LstmBackward<true>{s, g});
    case Recurrent::gru:
      return Backward(s, g, rounded, GruBackward{s, g});
  }
}

}  // namespace unroll::bf16::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll::bf16 {
HWY_EXPORT(RunBackward);
}  // namespace unroll::bf16

void unroll::kernels::recurrent_backward_bf16(const RecurrentSequence& sequence,
                                              const RecurrentGradients& gradients, Bf16* rounded) {
  using namespace unroll::bf16;
  const std::int64_t H = sequence.hidden, rows = sequence.steps * sequence.batch;
  unroll::count_product(gradients.h0 != nullptr ? rows : rows - sequence.batch, H,
                        gates_of(sequence.kind) * H);
  HWY_DYNAMIC_DISPATCH(RunBackward)(sequence, gradients, rounded);
  if (gradients.extra != nullptr) recurrent_extra(sequence, gradients.extra);
}
#endif
