// A step of a layer, tile by tile: the nonlinearities of one tile are computed while the weights of
// the next arrive. Compiled once for each instruction set.
#include <unroll/tensor/kernels_decoding.hpp>

#include <optional>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unroll/tensor/kernels_decoding_layer.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, which defines the target.
#include <hwy/highway.h>

#include <unroll/tensor/decoding_products-inl.hpp>
#include <unroll/tensor/vector_math-inl.hpp>

HWY_BEFORE_NAMESPACE();
namespace unroll::decoding::HWY_NAMESPACE {
namespace math = vector_math::HWY_NAMESPACE;

using kernels::DecodingGates;
using kernels::DecodingProduct;
using kernels::DecodingStep;
using kernels::PanelRange;
using kernels::Recurrent;

/// One of the two products of a step.
class Product {
 public:
  Product(const DecodingProduct& product, std::int64_t width) : product_(product), width_(width) {
    if (product.matrix != nullptr) panels_.emplace(*product.matrix);
  }

  bool exists() const { return panels_ || product_.sums != nullptr; }

  void Get(std::int64_t panel, std::int64_t column, std::int64_t row, int count, int blocks,
           std::int64_t first, Tile& tile) const {
    if (panels_) return Multiply(count, {*panels_, panel, column}, product_.rows, row, tile);
    for (int r = 0; r < count; ++r)
      for (int c = 0; c < blocks; ++c)
        hn::Store(hn::LoadU(kD, product_.sums + (row + r) * width_ + first + c * kBlock + column),
                  kD, tile.sums[r][c]);
  }

 private:
  const DecodingProduct& product_;
  std::int64_t width_;  ///< of a row of sums
  std::optional<Panels> panels_;
};

template <Recurrent kKind>
class Layer {
  static constexpr bool kIsRnn = kKind == Recurrent::rnn_tanh || kKind == Recurrent::rnn_relu;
  static constexpr int kGates = kIsRnn ? 1 : kKind == Recurrent::gru ? 3 : 4;

 public:
  Layer(const DecodingGates& gates, const DecodingStep& step)
      : gates_(gates),
        step_(step),
        padded_((gates.hidden + kBlock - 1) / kBlock * kBlock),
        input_(step.input, kGates * padded_),
        recurrent_(step.recurrent, kGates * padded_) {}

  void Run(PanelRange range) const {
    // With one gate a panel has several blocks of units, else one block of each gate.
    const std::int64_t per_panel = kIsRnn ? kMaxBlocks : kGates;
    const std::int64_t all = kGates * padded_ / kBlock;
    ForTiles(range, step_.rows,
             [&](std::int64_t panel, std::int64_t column, std::int64_t row, int count) HWY_ATTR {
               const std::int64_t first = panel * per_panel;
               const auto blocks = static_cast<int>(std::min(per_panel, all - first));
               const std::int64_t unit = (kIsRnn ? first : panel) * kBlock + column;
               for (int r = 0; r < count; ++r) FetchTable(row + r, blocks, unit);
               Tile input, recurrent;
               if (input_.exists())
                 input_.Get(panel, column, row, count, blocks, first * kBlock, input);
               recurrent_.Get(panel, column, row, count, blocks, first * kBlock, recurrent);
               for (int r = 0; r < count; ++r) Finish(input, recurrent, r, row + r, blocks, unit);
             });
  }

 private:
  /// What a token adds is needed after the products, and other tokens may have driven it from the
  /// nearest cache.
  HWY_INLINE void FetchTable(std::int64_t row, int blocks, std::int64_t unit) const {
    if (gates_.table == nullptr) return;
    const std::int32_t id = step_.ids[row];
    if (id < 0 || id >= gates_.classes) return;
    const float* const first = gates_.table + id * gates_.table_row + unit;
    for (int c = 0; c < blocks; ++c)
      __builtin_prefetch(first + c * (kIsRnn ? kBlock : gates_.table_gate));
  }

  /// bias + the token's row of the table + x W.
  HWY_INLINE V Given(const Tile& input, int r, int block, std::int64_t row, std::int64_t gate,
                     std::int64_t unit) const {
    V sum = hn::LoadU(kD, gates_.bias + gate * padded_ + unit);
    if (gates_.table != nullptr) {
      const std::int32_t id = step_.ids[row];
      if (id >= 0 && id < gates_.classes)
        sum = sum + LoadSome(gates_.table + id * gates_.table_row + gate * gates_.table_gate + unit,
                             gates_.hidden - unit);
    }
    return input_.exists() ? sum + input.at(r, block) : sum;
  }

  /// Row r of a tile.
  HWY_INLINE void Finish(const Tile& input, const Tile& recurrent, int r, std::int64_t row,
                         int blocks, std::int64_t unit) const {
    const std::int64_t at = row * padded_ + unit;
    const auto sum = [&](int gate) HWY_ATTR {
      return Given(input, r, gate, row, gate, unit) + recurrent.at(r, gate);
    };
    if constexpr (kIsRnn) {
      for (int c = 0; c < blocks; ++c) {
        const V a = Given(input, r, c, row, 0, unit + c * kBlock) + recurrent.at(r, c);
        const V h =
            kKind == Recurrent::rnn_tanh ? math::vector_tanh(kD, a) : hn::Max(hn::Zero(kD), a);
        hn::StoreU(h, kD, step_.after + at + c * kBlock);
      }
    } else if constexpr (kKind == Recurrent::gru) {
      FinishGru(sum(0), sum(1), Given(input, r, 2, row, 2, unit), recurrent.at(r, 2), at, unit);
    } else {
      FinishLstm(sum(0), sum(1), sum(2), sum(3), at, unit);
    }
  }

  HWY_INLINE void FinishLstm(V i, V f, V g, V o, std::int64_t at, std::int64_t unit) const {
    const V before = hn::LoadU(kD, step_.memory + at);
    constexpr bool peepholes = kKind == Recurrent::lstm_peephole;
    const float* const P = gates_.extra + unit;
    if (peepholes) {
      i = hn::MulAdd(before, hn::LoadU(kD, P), i);
      f = hn::MulAdd(before, hn::LoadU(kD, P + padded_), f);
    }
    const V c = hn::MulAdd(math::vector_sigmoid(kD, f), before,
                           math::vector_sigmoid(kD, i) * math::vector_tanh(kD, g));
    if (peepholes) o = hn::MulAdd(c, hn::LoadU(kD, P + 2 * padded_), o);
    hn::StoreU(c, kD, step_.memory + at);
    hn::StoreU(math::vector_sigmoid(kD, o) * math::vector_tanh(kD, c), kD, step_.after + at);
  }

  /// `n` and `q`: what x and h give for the new state.
  HWY_INLINE void FinishGru(V z, V r, V n, V q, std::int64_t at, std::int64_t unit) const {
    z = math::vector_sigmoid(kD, z);
    r = math::vector_sigmoid(kD, r);
    q = q + hn::LoadU(kD, gates_.extra + unit);
    n = math::vector_tanh(kD, hn::MulAdd(r, q, n));
    const V before = hn::LoadU(kD, step_.before + at);
    hn::StoreU(hn::MulAdd(z, before - n, n), kD, step_.after + at);
  }

  const DecodingGates& gates_;
  const DecodingStep& step_;
  std::int64_t padded_;
  Product input_, recurrent_;
};

void DecodeLayer(const DecodingGates& gates, const DecodingStep& step, PanelRange panels) {
  switch (gates.kind) {
    case Recurrent::rnn_tanh:
      return Layer<Recurrent::rnn_tanh>(gates, step).Run(panels);
    case Recurrent::rnn_relu:
      return Layer<Recurrent::rnn_relu>(gates, step).Run(panels);
    case Recurrent::lstm:
      return Layer<Recurrent::lstm>(gates, step).Run(panels);
    case Recurrent::lstm_peephole:
      return Layer<Recurrent::lstm_peephole>(gates, step).Run(panels);
    case Recurrent::gru:
      return Layer<Recurrent::gru>(gates, step).Run(panels);
  }
}

}  // namespace unroll::decoding::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace unroll::decoding {
HWY_EXPORT(DecodeLayer);
}  // namespace unroll::decoding

namespace unroll::kernels {

void decode_layer(const DecodingGates& gates, const DecodingStep& step, PanelRange panels) {
  using namespace unroll::decoding;
  HWY_DYNAMIC_DISPATCH(DecodeLayer)(gates, step, panels);
}

}  // namespace unroll::kernels
#endif
