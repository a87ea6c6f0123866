// Recurrence probe: looks at every step of every recurrence on a graph.
#pragma once

#include <string>

#include <unroll/model/cell.hpp>

namespace unroll {

/// Give one to `Graph::show_to`. Recurrences on that graph then run step by step rather than by
/// fused kernels: slower, and equal to them up to rounding.
class RecurrenceProbe : public GraphObserver {
 public:
  /// What follows are steps of the cell whose parameters are below this path, as in
  /// "recurrence/layer0/forward". Comes again for each further piece of a sequence.
  virtual void enter(const std::string& layer) = 0;
  /// One step was made, in the order in which the cell reads: `after` follows from `projected`
  /// [N, P] and `before`. Of sequences of different lengths only the first N are still there.
  virtual void step(Cell& cell, Var projected, const State& before, const State& after) = 0;

  /// The one that looks at this graph, or nullptr.
  static RecurrenceProbe* of(const Graph& graph) noexcept {
    return dynamic_cast<RecurrenceProbe*>(graph.observer());
  }
};

}  // namespace unroll
