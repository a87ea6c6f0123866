#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>
#include <vector>

#include <unroll/model/fused_recurrence.hpp>
#include <unroll/tensor/kernels.hpp>
#include <unroll/tensor/kernels_recurrent_bf16.hpp>

namespace unroll {
namespace {

using kernels::RecurrentSequence;

/// A sequence and the tensors that it points into.
struct Kept {
  FusedCell kind;
  Precision precision;
  Tensor projected, gates, memory, outputs, U, extra;
  Tensor ids;                    ///< of one-hot input; `projected` is a table then
  std::int64_t classes = 0;      ///< of it
  std::array<Tensor, 2> before;  ///< h0 and, for an lstm, c0

  Kept(const Graph& graph, FusedCell cell, const State& state, const FusedWeights& weights)
      : kind(cell), precision(graph.precision()), U(weights.U->value()) {
    if (weights.extra != nullptr) extra = weights.extra->value();
    for (std::size_t i = 0; i < state.size(); ++i) before[i] = state[i].value();
  }

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
    if (ids.defined()) {
      s.ids = ids.data<std::int32_t>();
      s.classes = classes;
    }
    return s;
  }
};

/// W + b, row by row, and b itself.
Tensor table_of(const FusedProjection& input) {
  const Tensor& W = input.W->value();
  const std::int64_t classes = W.dim(0), width = W.dim(1);
  Tensor table = Tensor::empty({classes + 1, width});
  const float* const bias = input.b->value().data<float>();
  for (std::int64_t id = 0; id < classes; ++id)
    kernels::add(width, W.data<float>() + id * width, bias, table.data<float>() + id * width);
  std::copy_n(bias, width, table.data<float>() + classes * width);
  return table;
}

/// The gradients of W and b, inputs 0 and 1, from that of their table.
void pass_table(const Tensor& table, Backward& b) {
  const std::int64_t classes = table.dim(0) - 1, width = table.dim(1);
  bool fresh = false;
  if (b.wants(0)) {
    Tensor& dW = b.input_gradient(0, fresh);
    fresh ? kernels::scale(dW.size(), 1.0f, table.data<float>(), dW.data<float>())
          : kernels::axpy(dW.size(), 1.0f, table.data<float>(), dW.data<float>());
  }
  if (b.wants(1)) {
    Tensor& db = b.input_gradient(1, fresh);
    kernels::column_sums(classes + 1, width, table.data<float>(), db.data<float>(), !fresh);
  }
}

void forward(const Kept& kept) {
  if (kept.precision == Precision::bf16)
    kernels::recurrent_forward_bf16(kept.sequence());
  else
    kernels::recurrent_forward(kept.sequence());
}

/// Inputs: projected (or W, b of one-hot input), U, h0, (c0), (extra). Outputs: h of all steps,
/// last h, (last c).
void backward(Kept& kept, Backward& b) {
  const bool one_hot = kept.ids.defined();
  const int U = one_hot ? 2 : 1, first_state = U + 1;
  const bool has_c = kept.has_memory_cell();
  if (kept.is_rnn() && !kept.gates.defined()) kept.gates = Tensor::empty(kept.outputs.shape());
  Tensor table;
  RecurrentSequence s = kept.sequence();

  kernels::RecurrentGradients g;
  if (b.output_gradient(0).defined()) g.outputs = b.output_gradient(0).data<float>();
  if (b.output_gradient(1).defined()) g.last_h = b.output_gradient(1).data<float>();
  Tensor carried = has_c && b.output_gradient(2).defined() ? b.output_gradient(2).clone()
                                                           : Tensor::zeros({s.batch, s.hidden});
  g.carried = carried.data<float>();
  Tensor h0;
  if (b.wants(first_state)) {
    h0 = Tensor::empty({s.batch, s.hidden});
    g.h0 = h0.data<float>();
  }
  const int extra = first_state + (has_c ? 2 : 1);
  if (kept.extra.defined() && b.wants(extra)) g.extra = b.input_gradient(extra).data<float>();

  if (one_hot) {
    table = Tensor::empty({s.classes + 1, kernels::gates_of(s.kind) * s.hidden});
    g.table = table.data<float>();
  }

  const auto weights = [&](auto&& multiply) {
    if (!b.wants(U)) return;
    bool fresh = false;
    Tensor& dU = b.input_gradient(U, fresh);
    multiply(!fresh, dU.data<float>());
  };
  if (kept.precision == Precision::bf16) {
    const std::int64_t values = s.steps * s.batch * kernels::rounded_width(s);
    const Tensor room = Tensor::empty({(values + 1) / 2});
    auto* const rounded = static_cast<Bf16*>(room.raw());
    kernels::recurrent_backward_bf16(s, g, rounded);
    weights([&](bool add, float* dU) { kernels::recurrent_weights_bf16(s, rounded, add, dU); });
  } else {
    kernels::recurrent_backward(s, g);
    weights([&](bool add, float* dU) { kernels::recurrent_weights(s, add, dU); });
  }
  if (h0.defined()) b.pass(first_state, h0);
  if (has_c && b.wants(first_state + 1)) b.pass(first_state + 1, carried);
  if (one_hot)
    pass_table(table, b);
  else if (b.wants(0))
    b.pass(0, kept.gates);
}

/// Runs what `kept` holds over these steps, with `sources` (projected, or W and b of one-hot input)
/// as the first inputs. `gates` and `projected` may be the same memory.
Unrolled unroll(Graph& graph, Kept kept, std::int64_t steps, std::initializer_list<Var> sources,
                const State& state, const FusedWeights& weights) {
  const std::int64_t batch = kept.before[0].dim(0), hidden = kept.U.dim(0);
  const std::int64_t width = kernels::gates_of(kept.kind) * hidden;
  kept.outputs = Tensor::empty({steps, batch, hidden});
  const bool recording = graph.recording(), has_c = kept.has_memory_cell();
  if (recording && !kept.is_rnn()) {
    if (!kept.gates.defined()) kept.gates = Tensor::empty({steps, batch, width});
    kept.memory = Tensor::empty(kept.outputs.shape());
  } else if (has_c) {
    kept.memory = Tensor::empty({batch, hidden});
  }
  forward(kept);

  std::vector<Tensor> values{kept.outputs, kept.outputs[steps - 1].clone()};
  if (has_c) values.push_back(recording ? kept.memory[steps - 1].clone() : kept.memory);
  if (!recording) {
    Unrolled unrolled{graph.constant(values[0]), {}};
    for (std::size_t i = 1; i < values.size(); ++i)
      unrolled.last.push_back(graph.constant(values[i]));
    return unrolled;
  }
  std::vector<Var> inputs(sources);
  inputs.push_back(graph.use(*weights.U));
  inputs.insert(inputs.end(), state.begin(), state.end());
  if (weights.extra != nullptr) inputs.push_back(graph.use(*weights.extra));
  kept.projected = Tensor();
  const std::vector<Var> outputs = graph.emit_many(
      values, inputs, [kept = std::move(kept)](Backward& b) mutable { backward(kept, b); });
  return {outputs[0], State(outputs.begin() + 1, outputs.end())};
}

/// Rows are gathered within the recurrence where they are many and ids are few: each thread then
/// gathers its own gradients of all of W.
bool gathers(Var x, const Tensor& W) {
  return fusable(x) && Graph::of({&x}).ids_of(x).defined() && x.shape().rows() >= 4 * W.dim(0);
}

}  // namespace

Unrolled fused_unroll(FusedCell kind, Var projected, const State& state,
                      const FusedWeights& weights, bool overwrite) {
  Graph& graph = Graph::of({&projected});
  Kept kept(graph, kind, state, weights);
  kept.projected = projected.value();
  if (graph.recording() && overwrite) kept.gates = kept.projected;
  return unroll(graph, std::move(kept), projected.dim(0), {projected}, state, weights);
}

Var fused_project(Var x, const FusedProjection& weights, bool owned) {
  return owned && gathers(x, weights.W->value()) ? x : affine(x, *weights.W, *weights.b);
}

Unrolled fused_unroll(FusedCell kind, Var projected, const State& state,
                      const FusedWeights& weights, const FusedProjection& input, bool owned) {
  Graph& graph = Graph::of({&projected});
  const Tensor ids = graph.ids_of(projected);
  if (!owned || !ids.defined()) return fused_unroll(kind, projected, state, weights, owned);
  Kept kept(graph, kind, state, weights);
  kept.projected = table_of(input);
  kept.ids = ids;
  kept.classes = input.W->value().dim(0);
  return unroll(graph, std::move(kept), ids.dim(0), {graph.use(*input.W), graph.use(*input.b)},
                state, weights);
}

State fused_step(FusedCell kind, Var projected, const State& state, const FusedWeights& weights) {
  Graph& graph = Graph::of({&projected});
  Kept kept(graph, kind, state, weights);
  kept.projected = projected.value();
  const std::int64_t batch = projected.dim(0), hidden = kept.U.dim(0);
  kept.outputs = Tensor::empty({1, batch, hidden});
  if (kept.has_memory_cell()) kept.memory = Tensor::empty({batch, hidden});
  forward(kept);
  State next{graph.constant(kept.outputs.reshaped({batch, hidden}))};
  if (kept.has_memory_cell()) next.push_back(graph.constant(kept.memory));
  return next;
}

}  // namespace unroll
