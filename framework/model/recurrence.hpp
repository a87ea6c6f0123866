// Recurrence: depth, direction, dropout and residuals around any cell.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <unroll/model/cell.hpp>

namespace unroll {

struct RecurrenceOptions {
  std::int64_t hidden = 128;
  std::int64_t layers = 1;
  bool bidirectional = false;
  double dropout = 0.0;      ///< on the outputs of every layer but the last
  bool variational = false;  ///< one dropout mask for all steps of a window
  bool residual = false;     ///< add a layer's input to its output where widths agree
  bool layer_norm = false;   ///< normalise the outputs of every layer
};

/// The states of all layers and directions: [layer * directions + direction].
using RecurrentState = std::vector<State>;

/// A stack of cells. Parameters are named layer0/forward/…, layer0/backward/…, layer1/….
class Recurrence {
 public:
  using MakeCell = std::function<std::unique_ptr<Cell>(const CellSizes&, const Parameters&)>;

  Recurrence(const RecurrenceOptions& options, std::int64_t input_width,
             const init::Scheme& initial, const Parameters& parameters, const MakeCell& make_cell);
  ~Recurrence();

  /// What is stacked, from below, for those who run it otherwise.
  struct Stacked {
    const Cell& cell;
    const Parameter* gain;  ///< of layer_norm, or null
    const Parameter* bias;
  };
  /// Of the forward direction.
  std::vector<Stacked> stacked() const;
  const RecurrenceOptions& options() const noexcept { return options_; }

  /// H_out of the cell, twice that when bidirectional.
  std::int64_t output_width() const;
  /// Zero state for a batch of N, on this graph.
  RecurrentState zero_state(Graph& graph, std::int64_t batch) const;

  struct Result {
    Var outputs;  ///< [T, N, output_width]
    RecurrentState last;
  };
  /// x [T, N, I]. `dropout` null: evaluation, nothing is dropped.
  ///
  /// `lengths`, if given, holds the steps of each of the N lanes, which must be sorted by falling
  /// length. A lane then ends after its own steps: its last state is the one after them (the given
  /// one for no steps), the backward direction begins at its own last step, its outputs beyond are
  /// zero, and nothing is computed there: every lane gives what it would give alone.
  Result run(Var x, const RecurrentState& state, RandomStream* dropout,
             std::span<const std::int32_t> lengths = {});

  /// The state as plain tensors, to carry from one window to the next or into a run file.
  static std::vector<Tensor> values(const RecurrentState& state);
  RecurrentState from_values(Graph& graph, std::span<const Tensor> values) const;

 private:
  struct Layer;
  RecurrenceOptions options_;
  DType type_;
  std::vector<Layer> layers_;
};

}  // namespace unroll
