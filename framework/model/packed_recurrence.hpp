// Packed recurrence: steps of a stack of fused cells with packed weights, for N sequences.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <unroll/model/packed_layer.hpp>
#include <unroll/model/recurrence.hpp>
#include <unroll/tensor/panel_team.hpp>

namespace unroll {

/// Activations of N sequences, and the same as int8 weights read them.
struct Activations {
  Tensor values;  ///< [N, padded width]
  QuantisedRows quantised;

  void make(std::int64_t rows, std::int64_t width) {
    values = Tensor::zeros({rows, padded_width(width)});
  }
  std::int64_t stride() const { return values.dim(1); }
  float* data() const { return values.data<float>(); }
  kernels::DecodingRows rows() const { return {data(), stride(), &quantised}; }
};

/// h U can be computed as soon as h is there, and must be when the next step needs it. Where all
/// weights stay in the cores' second caches, threads do so while the caller makes a token of what a
/// step gave (`ahead`). Where they do not, a layer does it by turns right before its gates, for
/// this step, and right after them, for the next one, so that every second product finds in the
/// cache what the one before has read last; layers do it at different steps, so that the same holds
/// for the products between them. Neither changes a bit.
class PackedRecurrence {
 public:
  /// Null if a cell is not packable, it reads both ways or the weights are not float32. The
  /// recurrence must outlive it.
  static std::unique_ptr<PackedRecurrence> make(const Recurrence& recurrence);

  /// What the first layer reads.
  struct Input {
    std::int64_t width = 0;
    /// [V, G*H]: what each token adds to the first layer's sums, instead of dense input.
    Tensor table;
    /// The token itself is the input, one-hot; for residuals.
    bool one_hot = false;
  };
  void pack(const Input& input, WeightFormat format);
  std::int64_t bytes() const noexcept;  ///< of packed weights

  /// States of zero. `ids` [rows] are the tokens of each step, or null; `dense`, where the input is
  /// dense, is read at each step.
  void begin(std::int64_t rows, const std::int32_t* ids, const Activations* dense, bool resident);
  /// One step; what a readout reads, until the next one.
  kernels::DecodingRows step(PanelTeam& team);
  /// Other threads begin with what the next step needs, if that is worth it. `meanwhile`: what the
  /// caller does until that step, as multiplications of a product. The team has no other work
  /// before `settle`.
  void ahead(PanelTeam& team, std::int64_t meanwhile);
  /// Before the next step, `begin` and the end: what `ahead` began is done.
  void settle(PanelTeam& team);

  const CellWeights& cell(std::size_t layer) const { return cells_[layer]; }
  std::int64_t hidden() const { return layers_.back().packed.hidden(); }

 private:
  /// How a step comes to its products: both with it, or x W or h U before it.
  enum Way : std::uint8_t { kBoth, kInputBefore, kRecurrentBefore };
  // What threads read stays as it is from step to step: a line that changes takes long to reach
  // another processor.
  struct Layer {
    PackedLayer packed;
    std::int64_t gates = 0, inputs = 0;  ///< G, and of dense input I
    std::array<Activations, 2> h;        ///< by turns that of the step before and the new one
    Tensor memory;                       ///< c of an lstm
    Tensor input_sums, recurrent_sums;
    Activations output;  ///< normalised or added to, where it is
    using Ways = std::array<kernels::DecodingStep, 3>;
    std::array<Ways, 2> ways;  ///< by whose turn is before
  };
  /// How far a layer is.
  struct alignas(64) Progress {
    bool has_recurrent = false;  ///< h U of the next step is there
    bool input_backwards = false, recurrent_backwards = false;
  };
  struct LayerJob;
  /// h U of all layers, whose panels stand in a row. The caller, part 0, has the first ones: those
  /// that it needs first.
  struct AheadJob {
    const PackedRecurrence* all;
    std::int32_t own, panels;  ///< of the caller, of all
    std::uint8_t turn;

    void operator()(int part, int parts) const;
  };

  explicit PackedRecurrence(const Recurrence& recurrence);
  void ready(Activations& activations) const;
  kernels::DecodingRows given(std::size_t layer, std::size_t turn) const;
  bool adds_input(std::size_t layer) const;
  void run_layer(std::size_t layer, PanelTeam& team);
  void run_recurrent(std::size_t layer, PanelTeam& team);
  void finish_row(std::size_t layer, std::int64_t row);

  bool residual_;
  std::vector<Recurrence::Stacked> stacked_;
  std::vector<CellWeights> cells_;
  WeightFormat format_{};
  Input input_;
  std::vector<Layer> layers_;
  const std::int32_t* ids_ = nullptr;
  std::int64_t rows_ = 0;
  std::int64_t recurrent_panels_ = 0, recurrent_products_ = 0;  ///< of all layers
  bool resident_ = false;
  std::vector<Progress> progress_;
  std::size_t latest_ = 0;  ///< whose turn of `h` is the step before
  std::int64_t steps_ = 0;
  std::optional<AheadJob> ahead_;  ///< begun and not settled
};

}  // namespace unroll
