// Recurrences forward in time in mixed precision: the sums of a panel for some rows, then their
// gates and states. Compiled once for each instruction set; the best one is chosen when the program
// runs.
#include <algorithm>
#include <cstddef>
#include <cstring>

#include <unroll/tensor/bf16_packing.hpp>
#include <unroll/tensor/bf16_tiles.hpp>
#include <unroll/tensor/engine.hpp>
#include <unroll/tensor/kernels_recurrent_bf16.hpp>
#include <unroll/tensor/parallel.hpp>
#include <unroll/tensor/product_count.hpp>
#include <unroll/tensor/tensor.hpp>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_recurrent_bf16_forward.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/highway.h>

#include <unroll/tensor/bf16_recurrent-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::bf16::HWY_NAMESPACE {

using kernels::Recurrent;
using kernels::RecurrentSequence;

// Each finishes kLanes units j … of a row at step t and returns their h. `sums` is h U of these
// units; the next gate's lies kBlock further.

template <bool kRelu>
struct RnnForward {
  const RecurrentSequence& s;

  HWY_INLINE V operator()(const float* sums, std::int64_t t, std::int64_t row,
                          std::int64_t j) const {
    const std::int64_t left = s.hidden - j;
    const V a = hn::LoadU(kD, sums) + Load(Projected(s, t, row, s.hidden) + j, left);
    return kRelu ? hn::Max(hn::Zero(kD), a) : math::vector_tanh(kD, a);
  }
};

template <bool kPeepholes>
struct LstmForward {
  const RecurrentSequence& s;

  HWY_INLINE V operator()(const float* sums, std::int64_t t, std::int64_t row,
                          std::int64_t j) const {
    const std::int64_t H = s.hidden, plane = s.batch * H, at = row * H + j, left = H - j;
    const bool keep = s.gates != nullptr;
    const float* before = keep ? Before(s.c0, s.memory, t, plane) : t == 0 ? s.c0 : s.memory;
    float* const after = keep ? s.memory + t * plane : s.memory;
    const float* const x = Projected(s, t, row, 4 * H) + j;
    const V c_before = Load(before + at, left);
    V i = hn::LoadU(kD, sums) + Load(x, left);
    V f = hn::LoadU(kD, sums + kBlock) + Load(x + H, left);
    V o = hn::LoadU(kD, sums + 3 * kBlock) + Load(x + 3 * H, left);
    if constexpr (kPeepholes) {
      i = hn::MulAdd(c_before, Load(s.extra + j, left), i);
      f = hn::MulAdd(c_before, Load(s.extra + H + j, left), f);
    }
    i = math::vector_sigmoid(kD, i);
    f = math::vector_sigmoid(kD, f);
    const V g = math::vector_tanh(kD, hn::LoadU(kD, sums + 2 * kBlock) + Load(x + 2 * H, left));
    const V c = hn::MulAdd(f, c_before, i * g);
    if constexpr (kPeepholes) o = hn::MulAdd(c, Load(s.extra + 2 * H + j, left), o);
    o = math::vector_sigmoid(kD, o);
    Store(c, after + at, left);
    if (keep) {
      float* const gates = s.gates + (t * s.batch + row) * 4 * H + j;
      Store(i, gates, left);
      Store(f, gates + H, left);
      Store(g, gates + 2 * H, left);
      Store(o, gates + 3 * H, left);
    }
    return o * math::vector_tanh(kD, c);
  }
};

struct GruForward {
  const RecurrentSequence& s;

  HWY_INLINE V operator()(const float* sums, std::int64_t t, std::int64_t row,
                          std::int64_t j) const {
    const std::int64_t H = s.hidden, plane = s.batch * H, at = row * H + j, left = H - j;
    const float* const x = Projected(s, t, row, 3 * H) + j;
    const V z = math::vector_sigmoid(kD, hn::LoadU(kD, sums) + Load(x, left));
    const V reset = math::vector_sigmoid(kD, hn::LoadU(kD, sums + kBlock) + Load(x + H, left));
    const V q = hn::LoadU(kD, sums + 2 * kBlock) + Load(s.extra + j, left);
    const V n = math::vector_tanh(kD, hn::MulAdd(reset, q, Load(x + 2 * H, left)));
    const V before = Load(Before(s.h0, s.outputs, t, plane) + at, left);
    if (s.gates != nullptr) {
      float* const gates = s.gates + (t * s.batch + row) * 3 * H + j;
      Store(z, gates, left);
      Store(reset, gates + H, left);
      Store(n, gates + 2 * H, left);
      Store(q, s.memory + t * plane + at, left);
    }
    return hn::MulAdd(z, before - n, n);
  }
};

/// U in panels, each the same kBlock units of every gate, or kPanel units where there is one gate.
class PackedForward {
 public:
  explicit PackedForward(const RecurrentSequence& s)
      : gates_(kernels::gates_of(s.kind)),
        units_(gates_ > 1 ? kBlock : kPanel),
        size_(pairs_of(s.hidden) * 2 * kBlock * (gates_ > 1 ? gates_ : kPanelBlocks)),
        hidden_(s.hidden),
        values_(Room(panels() * size_)) {
    parallel_for(panels(), [&](std::int64_t panel) {
      if (gates_ > 1)
        pack_apart({s.U, gates_ * hidden_}, hidden_, first(panel), hidden_, gates_,
                   last(panel) - first(panel), ValuesOf(values_) + panel * size_);
      else
        pack_panels(Matrix<float>{s.U + first(panel), hidden_}, hidden_, last(panel) - first(panel),
                    units_, 0, ValuesOf(values_) + panel * size_);
    });
  }

  std::int64_t panels() const { return (hidden_ + units_ - 1) / units_; }
  /// Units first … last-1 are those of a panel.
  std::int64_t first(std::int64_t panel) const { return panel * units_; }
  std::int64_t last(std::int64_t panel) const { return std::min(first(panel) + units_, hidden_); }
  const Bf16* operator[](std::int64_t panel) const { return ValuesOf(values_) + panel * size_; }
  std::int64_t columns(std::int64_t panel) const {
    return kBlock * (gates_ > 1 ? gates_ : blocks_of(last(panel) - first(panel)));
  }

 private:
  std::int64_t gates_, units_, size_, hidden_;
  Tensor values_;
};

template <class Cell>
void Forward(const RecurrentSequence& s, const Cell& cell) {
  const std::int64_t H = s.hidden, gates = kernels::gates_of(s.kind), plane = s.batch * H;
  const std::int64_t width = 2 * pairs_of(H), step = s.batch * width;
  const PackedForward U(s);
  const Tensor rounded = Room(2 * step);  // h of two steps
  Bf16* const h = ValuesOf(rounded);
  ShareRows(s.batch, [&](std::int64_t /*share*/, std::int64_t begin, std::int64_t end) HWY_ATTR {
    HWY_ALIGN float sums[kRows * kPanel];
    round_rows(Matrix<float>{s.h0 + begin * H, H}, end - begin, H, h + step + begin * width);
    for (std::int64_t row = begin; row < end; ++row) h[(row + 1) * width - 1] = 0;  // if H is odd
    for (std::int64_t t = 0; t < s.steps; ++t) {
      Bf16* const after = h + t % 2 * step;
      const Bf16* const before = h + (t + 1) % 2 * step;
      for (std::int64_t panel = 0; panel < U.panels(); ++panel) {
        const std::int64_t first = U.first(panel), last = U.last(panel), units = last - first;
        // What the next panel reads, or the first one at the next step.
        const std::int64_t later = std::min(last < H ? t : t + 1, s.steps - 1);
        const std::int64_t next = last < H ? last : 0;
        for (std::int64_t row = begin; row < end; row += kRows) {
          const std::int64_t rows = std::min(kRows, end - row);
          multiply({{before + row * width, width, 2},
                    U[panel],
                    rows,
                    U.columns(panel),
                    pairs_of(H),
                    false,
                    sums,
                    kPanel});
          for (std::int64_t r = 0; r < rows; ++r) {
            Fetch(Projected(s, later, row + r, gates * H) + next, H, gates, units);
            for (std::int64_t j = first; j < last; j += kLanes) {
              const V y = cell(sums + r * kPanel + j - first, t, row + r, j);
              Store(y, s.outputs + t * plane + (row + r) * H + j, H - j);
              StoreRounded(y, after + (row + r) * width + j, H - j);
            }
          }
        }
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

}  // namespace unroll::bf16::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll::bf16 {
HWY_EXPORT(RunForward);
}  // namespace unroll::bf16

void unroll::kernels::recurrent_forward_bf16(const RecurrentSequence& sequence) {
  using namespace unroll::bf16;
  const std::int64_t H = sequence.hidden;
  unroll::count_product(sequence.steps * sequence.batch, gates_of(sequence.kind) * H, H);
  HWY_DYNAMIC_DISPATCH(RunForward)(sequence);
}
#endif
