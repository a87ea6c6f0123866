// A cell alone with random parameters, and how the checks of cells run one.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include <unroll/model/cell.hpp>

#include "check.hpp"
#include "tensors.hpp"
#include "variants.hpp"

namespace unroll::conformance {

/// Time, batch, input and hidden width, all different where a check can choose, so that a mixed-up
/// axis shows.
struct CellShape {
  std::int64_t T, N, I, H;
  std::string text() const { return fmt::format("T {}, N {}, I {}, H {}", T, N, I, H); }
};

struct LoneCell {
  ParameterStore store;
  std::unique_ptr<Cell> cell;

  /// Random weights, so that none is zero or symmetric, or as the cell itself begins.
  enum class Weights { random, initial };

  LoneCell(const Registry& registry, const PluginChoice& choice, const CellShape& shape, DType type,
           std::uint64_t seed, Weights weights = Weights::random)
      : store(seed, type),
        cell(registry.make_cell(choice, {shape.I, shape.H, {}}, Parameters(store))) {
    if (weights == Weights::random) randomise(store, seed);
  }

  std::vector<Tensor> zero_state(std::int64_t batch) const {
    std::vector<Tensor> parts;
    for (const StatePart& part : cell->parts())
      parts.push_back(Tensor::zeros({batch, part.width}, store.dtype()));
    return parts;
  }
  /// A state that the cell itself came to: not every cell can begin anywhere.
  std::vector<Tensor> some_state(std::int64_t batch, std::int64_t input, std::uint64_t seed) const {
    Graph graph(Graph::Mode::infer);
    State state = constants(graph, zero_state(batch));
    for (int t = 0; t < 3; ++t) {
      const Tensor x =
          random_tensor({batch, input}, "before" + std::to_string(t), store.dtype(), seed);
      state = cell->run_step(cell->run_project(graph.constant(x)), state);
    }
    return values(state);
  }

  static State constants(Graph& graph, const std::vector<Tensor>& parts) {
    State state;
    for (const Tensor& part : parts) state.push_back(graph.constant(part));
    return state;
  }
  static std::vector<Tensor> values(const State& state) {
    std::vector<Tensor> parts;
    for (const Var& part : state) parts.push_back(part.value().clone());
    return parts;
  }
};

inline Unrolled looped(Cell& cell, Var projected, State state) {
  std::vector<Var> outputs;
  for (std::int64_t t = 0; t < projected.dim(0); ++t) {
    state = cell.run_step(at(projected, t), state);
    outputs.push_back(state[0]);
  }
  return {stack(outputs), state};
}

/// Everything that comes out of a sequence, forward and backward.
struct Passed {
  std::vector<std::string> names;
  std::vector<Tensor> tensors;
  void add(const std::string& name, const Tensor& tensor) {
    names.push_back(name);
    tensors.push_back(tensor.clone());
  }
};

enum class How { run, run_unroll, steps };
/// Where gradients arrive.
enum class Arriving { outputs = 1, last = 2, both = 3 };

Passed pass(LoneCell& lone, const CellShape& shape, How how, std::uint64_t seed,
            Arriving arriving = Arriving::both);

}  // namespace unroll::conformance
