// LSTM, GRU and RNN of ONNX: gates i, o, f, c of the first and z, r, h of the second, their weights
// [directions, gates * H, I], biases of input and of state one after the other.
#include <fmt/format.h>

#include <algorithm>

#include <unroll/core/error.hpp>

#include "onnx_layers.hpp"

namespace unroll {
namespace {

/// The order of ONNX's gates among those of a run's weights.
std::vector<std::size_t> onnx_order(const Choice& cell, const Array& weight) {
  if (cell.integer("projection") > 0)
    fail(Failure::usage,
         "ONNX's LSTM has no projection; --to torch has, --to npz writes any weights");
  if (cell.name == "rnn") return {};
  if (cell.name == "lstm") return gate_order(weight, {"i", "o", "f", "g"});
  if (cell.name == "gru") return gate_order(weight, {"z", "r", "n"});
  fail(Failure::usage,
       "cell '{}' has no counterpart in ONNX (known: rnn, lstm, gru); --to npz writes any weights",
       cell.name);
}

/// Several arrays of one shape, one after another along a new first axis.
Array stack_of(const std::vector<Array>& arrays) {
  std::vector<float> values;
  for (const Array& array : arrays)
    values.insert(values.end(), numbers(array).begin(), numbers(array).end());
  std::vector<std::int64_t> shape = arrays.front().shape;
  shape.insert(shape.begin(), static_cast<std::int64_t>(arrays.size()));
  return {shape, std::move(values), {}};
}

}  // namespace

OnnxRecurrence::OnnxRecurrence(const OnnxLayers& layers, std::string path)
    : layers_(layers),
      path_(std::move(path)),
      stack_(stack_at(layers.source().weights, path_)),
      cell_(layers.source().model.choice("cell")),
      lstm_(cell_.name == "lstm") {
  const std::string first = place(0, 0);
  if (stack_.layers == 0) fail(Failure::data, "the run has no recurrence at {}", path_);
  hidden_ = layers.size(first + "/U", 0);
  order_ = onnx_order(cell_, layers.source().weights.array(first + "/W"));
}

std::string OnnxRecurrence::place(std::int64_t layer, std::int64_t direction) const {
  return fmt::format("{}/layer{}/{}", path_, layer, direction == 0 ? "forward" : "backward");
}

OnnxValue OnnxRecurrence::stacked(std::int64_t layer, const char* name) const {
  std::vector<Array> arrays;
  for (std::int64_t d = 0; d < stack_.directions; ++d) {
    const Array& array = layers_.source().weights.array(place(layer, d) + "/" + name);
    arrays.push_back(transposed(order_.empty() ? array : with_blocks(array, order_)));
  }
  return layers_.graph().weight(fmt::format("{}/layer{}/{}", path_, layer, name), stack_of(arrays));
}

OnnxValue OnnxRecurrence::biases(std::int64_t layer) const {
  std::vector<Array> arrays;
  for (std::int64_t d = 0; d < stack_.directions; ++d) {
    const std::string at = place(layer, d);
    const Array& b = layers_.source().weights.array(at + "/b");
    Array both = order_.empty() ? b : with_blocks(b, order_);
    auto& values = std::get<std::vector<float>>(both.values);
    values.resize(2 * values.size(), 0.0F);
    if (layers_.has(at + "/bn")) {  // of the state, in the GRU's last block
      const std::vector<float>& bn = numbers(layers_.source().weights.array(at + "/bn"));
      std::ranges::copy(bn, values.end() - std::ssize(bn));
    }
    both.shape = {static_cast<std::int64_t>(values.size())};
    arrays.push_back(std::move(both));
  }
  return layers_.graph().weight(fmt::format("{}/layer{}/b", path_, layer), stack_of(arrays));
}

OnnxValue OnnxRecurrence::peepholes(std::int64_t layer) const {
  if (!layers_.has(place(layer, 0) + "/P")) return {};
  std::vector<Array> arrays;
  for (std::int64_t d = 0; d < stack_.directions; ++d) {
    const Array& P = layers_.source().weights.array(place(layer, d) + "/P");
    const auto order = gate_order(P, {"i", "o", "f"});
    std::vector<float> values;
    for (const std::size_t row : order) {
      const auto from = numbers(P).begin() + static_cast<std::ptrdiff_t>(row) * hidden_;
      values.insert(values.end(), from, from + hidden_);
    }
    arrays.push_back({{3 * hidden_}, std::move(values), {}});
  }
  return layers_.graph().weight(fmt::format("{}/layer{}/P", path_, layer), stack_of(arrays));
}

OnnxRecurrence::Result OnnxRecurrence::run(OnnxValue x, const OnnxValue& lengths,
                                           const State& state) const {
  OnnxGraph& graph = layers_.graph();
  const std::int64_t D = stack_.directions, L = stack_.layers;
  const OnnxValue steps = lengths.empty() ? "" : graph.as_int32(lengths);
  // One layer's rows of a state.
  const auto rows_of = [&](const OnnxValue& part) -> std::vector<OnnxValue> {
    if (part.empty() || L == 1) return std::vector<OnnxValue>(static_cast<std::size_t>(L), part);
    return graph.nodes(
        "Split", {part, graph.integers(std::vector<std::int64_t>(static_cast<std::size_t>(L), D))},
        static_cast<std::size_t>(L), {{"axis", std::int64_t{0}}});
  };
  const auto before_h = rows_of(state.h), before_c = rows_of(state.c);
  OnnxGraph::Attributes attributes = {
      {"hidden_size", hidden_}, {"direction", std::string(D == 2 ? "bidirectional" : "forward")}};
  if (cell_.name == "gru")
    attributes.push_back(
        {"linear_before_reset", std::int64_t{cell_.text("reset") == "before" ? 0 : 1}});
  if (cell_.name == "rnn")
    attributes.push_back(
        {"activations",
         std::vector<std::string>(static_cast<std::size_t>(D),
                                  cell_.text("activation") == "relu" ? "Relu" : "Tanh")});
  const char* op = lstm_ ? "LSTM" : cell_.name == "gru" ? "GRU" : "RNN";
  const bool residual = layers_.source().model.flag("residual");
  Result result;
  std::vector<OnnxValue> last_h, last_c;
  std::int64_t width = layers_.size(place(0, 0) + "/W", 0);
  for (std::int64_t l = 0; l < L; ++l) {
    const auto at = static_cast<std::size_t>(l);
    std::vector<OnnxValue> inputs = {x,         stacked(l, "W"), stacked(l, "U"),
                                     biases(l), steps,           before_h[at]};
    if (lstm_) inputs.insert(inputs.end(), {before_c[at], peepholes(l)});
    const auto found = graph.nodes(op, inputs, static_cast<std::size_t>(1 + parts()), attributes);
    last_h.push_back(found[1]);
    if (lstm_) last_c.push_back(found[2]);
    // [T, D, N, H] -> [T, N, D * H]
    OnnxValue y = D == 1
                      ? graph.squeeze(found[0], 1)
                      : graph.reshape(graph.node("Transpose", {found[0]},
                                                 {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}}),
                                      {0, 0, D * hidden_});
    const std::string norm = fmt::format("{}/layer{}/norm", path_, l);
    if (layers_.has(norm + "/gain"))
      y = graph.node("LayerNormalization",
                     {y, layers_.weight(norm + "/gain"), layers_.weight(norm + "/bias")});
    if (residual && width == D * hidden_) y = graph.node("Add", {y, x});
    width = D * hidden_;
    x = y;
  }
  result.outputs = x;
  result.last.h = graph.concatenate(last_h, 0);
  if (lstm_) result.last.c = graph.concatenate(last_c, 0);
  result.top = D == 1 ? graph.squeeze(last_h.back(), 0)
                      : graph.reshape(graph.node("Transpose", {last_h.back()},
                                                 {{"perm", std::vector<std::int64_t>{1, 0, 2}}}),
                                      {0, D * hidden_});
  return result;
}

}  // namespace unroll
