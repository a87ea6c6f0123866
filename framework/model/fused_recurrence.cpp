#include <array>
#include <utility>
#include <vector>

#include <unroll/model/fused_recurrence.hpp>

namespace unroll {
namespace {

using kernels::RecurrentSequence;

/// A sequence and the tensors that it points into.
struct Kept {
  FusedCell kind;
  Tensor projected, gates, memory, outputs, U, extra;
  std::array<Tensor, 2> before;  ///< h0 and, for an lstm, c0

  bool has_memory_cell() const { return before[1].defined(); }
  bool is_rnn() const { return kernels::gates_of(kind) == 1; }

  RecurrentSequence sequence() const {
    const auto pointer = [](const Tensor& tensor) {
      return tensor.defined() ? tensor.data<float>() : nullptr;
    };
    RecurrentSequence s;
    s.kind = kind;
    s.steps = outputs.dim(0);
    s.batch = outputs.dim(1);
    s.hidden = outputs.dim(2);
    s.U = U.data<float>();
    s.extra = pointer(extra);
    s.h0 = before[0].data<float>();
    s.c0 = pointer(before[1]);
    s.projected = pointer(projected);
    s.gates = pointer(gates);
    s.memory = pointer(memory);
    s.outputs = outputs.data<float>();
    return s;
  }
};

/// Inputs: projected, U, h0, (c0), (extra). Outputs: h of all steps, last h, (last c).
void backward(Kept& kept, Backward& b) {
  const bool has_c = kept.has_memory_cell();
  if (kept.is_rnn() && !kept.gates.defined()) kept.gates = Tensor::empty(kept.outputs.shape());
  RecurrentSequence s = kept.sequence();

  kernels::RecurrentGradients g;
  if (b.output_gradient(0).defined()) g.outputs = b.output_gradient(0).data<float>();
  if (b.output_gradient(1).defined()) g.last_h = b.output_gradient(1).data<float>();
  Tensor carried = has_c && b.output_gradient(2).defined() ? b.output_gradient(2).clone()
                                                           : Tensor::zeros({s.batch, s.hidden});
  g.carried = carried.data<float>();
  Tensor h0;
  if (b.wants(2)) {
    h0 = Tensor::empty({s.batch, s.hidden});
    g.h0 = h0.data<float>();
  }
  const int extra = has_c ? 4 : 3;
  if (kept.extra.defined() && b.wants(extra)) g.extra = b.input_gradient(extra).data<float>();

  kernels::recurrent_backward(s, g);
  if (b.wants(1)) {
    bool fresh = false;
    Tensor& dU = b.input_gradient(1, fresh);
    kernels::recurrent_weights(s, !fresh, dU.data<float>());
  }
  if (h0.defined()) b.pass(2, h0);
  if (has_c && b.wants(3)) b.pass(3, carried);
  if (b.wants(0)) b.pass(0, kept.gates);
}

}  // namespace

Unrolled fused_unroll(FusedCell kind, Var projected, const State& state,
                      const FusedWeights& weights, bool overwrite) {
  Graph& graph = Graph::of({&projected});
  const std::int64_t steps = projected.dim(0), batch = projected.dim(1);
  const std::int64_t hidden = weights.U->value().dim(0);
  Kept kept;
  kept.kind = kind;
  kept.projected = projected.value();
  kept.U = weights.U->value();
  if (weights.extra != nullptr) kept.extra = weights.extra->value();
  for (std::size_t i = 0; i < state.size(); ++i) kept.before[i] = state[i].value();
  kept.outputs = Tensor::empty({steps, batch, hidden});

  const bool recording = graph.recording(), has_c = kept.has_memory_cell();
  if (recording) {
    if (overwrite)
      kept.gates = kept.projected;
    else if (!kept.is_rnn())
      kept.gates = Tensor::empty(kept.projected.shape());
    if (!kept.is_rnn()) kept.memory = Tensor::empty(kept.outputs.shape());
  } else if (has_c) {
    kept.memory = Tensor::empty({batch, hidden});
  }
  kernels::recurrent_forward(kept.sequence());

  std::vector<Tensor> values{kept.outputs, kept.outputs[steps - 1].clone()};
  if (has_c) values.push_back(recording ? kept.memory[steps - 1].clone() : kept.memory);
  if (!recording) {
    Unrolled unrolled{graph.constant(values[0]), {}};
    for (std::size_t i = 1; i < values.size(); ++i)
      unrolled.last.push_back(graph.constant(values[i]));
    return unrolled;
  }
  std::vector<Var> inputs{projected, graph.use(*weights.U)};
  inputs.insert(inputs.end(), state.begin(), state.end());
  if (weights.extra != nullptr) inputs.push_back(graph.use(*weights.extra));
  kept.projected = Tensor();
  const std::vector<Var> outputs = graph.emit_many(
      values, inputs, [kept = std::move(kept)](Backward& b) mutable { backward(kept, b); });
  return {outputs[0], State(outputs.begin() + 1, outputs.end())};
}

State fused_step(FusedCell kind, Var projected, const State& state, const FusedWeights& weights) {
  Graph& graph = Graph::of({&projected});
  Kept kept;
  kept.kind = kind;
  kept.projected = projected.value();
  kept.U = weights.U->value();
  if (weights.extra != nullptr) kept.extra = weights.extra->value();
  for (std::size_t i = 0; i < state.size(); ++i) kept.before[i] = state[i].value();
  const std::int64_t batch = projected.dim(0), hidden = kept.U.dim(0);
  kept.outputs = Tensor::empty({1, batch, hidden});
  if (kept.has_memory_cell()) kept.memory = Tensor::empty({batch, hidden});
  kernels::recurrent_forward(kept.sequence());
  State next{graph.constant(kept.outputs.reshaped({batch, hidden}))};
  if (kept.has_memory_cell()) next.push_back(graph.constant(kept.memory));
  return next;
}

}  // namespace unroll
