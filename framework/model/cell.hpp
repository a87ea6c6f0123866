// Cell: one step of a recurrence. The contract of cell plugins.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <unroll/autodiff/ops.hpp>
#include <unroll/model/initializers.hpp>
#include <unroll/model/origin.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll {

/// I and H, and how weight matrices begin.
struct CellSizes {
  std::int64_t input = 0;
  std::int64_t hidden = 0;
  init::Scheme initial{};
};

/// One tensor of a cell's state: {"h", H}, {"c", H}.
struct StatePart {
  std::string name;
  std::int64_t width;
};

/// The state of one layer in one direction: a Var [N, width] for each part.
using State = std::vector<Var>;

struct Unrolled {
  Var outputs;  ///< [T, N, H_out]
  State last;   ///< the state after the last step
};

/// A gate of one step, for people to look at.
struct Gate {
  std::string name;          ///< "f"; no slash
  Var values;                ///< [N, any width]
  double low = 0, high = 1;  ///< its limits, near which it is saturated; infinite: none
};

/// A cell knows nothing of depth, direction, dropout or batching: `Recurrence` adds these around
/// any cell. A cell is a projection of the input for all steps at once, and a recurrence of one
/// step. Override `unroll` only for a fused kernel; it must agree with looping `step`.
///
/// What `step` gives for a lane depends on that lane alone, and on nothing that an earlier call
/// left behind: so the default `unroll` may share the lanes out to threads, and calls `step` from
/// several at once, each with a tape of its own. Where a short trial, before the first time, finds
/// that it is not so, lanes stay together; a cell that keeps something between calls all the same,
/// a cache, says so by overriding `unroll` to be `loop`.
///
/// Constructed as Cell(const Options&, const CellSizes&, const Parameters&), making its weights
/// there. The public functions are what the framework calls. They check the shapes that they are
/// given (std::invalid_argument) and, where the cell is a plugin's, name it in whatever its code
/// throws and where it gives back other shapes than promised (PluginError). Not thread safe.
class Cell {
 public:
  virtual ~Cell() = default;

  /// The parts of the state; part 0 is the output h. Read `parts`, which asks only once.
  virtual std::vector<StatePart> state() const = 0;
  const std::vector<StatePart>& parts() const;
  std::int64_t output_width() const { return parts().front().width; }

  /// x [..., I] -> [..., P], all time steps in one product.
  Var run_project(Var x);
  /// projected [N, P], state -> next state; part 0 is the output.
  State run_step(Var projected, const State& state);
  /// projected [N, P], state -> the gates of the step that `run_step` makes of them. Empty: this
  /// cell shows none.
  std::vector<Gate> run_gates(Var projected, const State& state);
  /// projected [T, N, P], state -> outputs and last state. Step by step where a RecurrenceProbe
  /// looks on, which is told of each.
  /// T may be 0: then the last state is the given one.
  Unrolled run_unroll(Var projected, const State& state);
  /// x [T, N, I]: projects and unrolls. Nobody else sees the projection, so that a fused `unroll`
  /// may keep its activations in that memory.
  Unrolled run(Var x, const State& state);
  /// x [R, I] of packed sequences -> outputs [R, H_out] alike; `last` is each lane's state after
  /// its own last step, the given one where it has none. Nothing is computed beyond.
  Unrolled run(Var x, const Packing& packing, const State& state);

  /// Whose code this is; the registry says so.
  void comes_from(Origin origin) { origin_ = std::move(origin); }

 protected:
  virtual Var project(Var x) = 0;
  virtual State step(Var projected, const State& state) = 0;
  /// Optional. Names and values of what `step` computes inside, for the microscope: no gradient
  /// flows through them.
  virtual std::vector<Gate> gates(Var projected, const State& state);
  /// Loops `run_step` unless overridden, with the lanes shared out to threads where that is faster.
  virtual Unrolled unroll(Var projected, const State& state);
  /// Loops `run_step` over all lanes together, in this thread.
  Unrolled loop(Var projected, const State& state);

  /// Inside `run`: only `unroll` sees what `project` gives, and may overwrite its value.
  bool owns_projected() const noexcept { return owns_projected_; }

 private:
  class Owning;
  enum class Lanes : std::uint8_t { untried, apart, together };

  Origin origin_;
  mutable std::vector<StatePart> parts_;  ///< state(), asked once
  bool owns_projected_ = false;
  Lanes lanes_ = Lanes::untried;  ///< may threads share them?
};

}  // namespace unroll
