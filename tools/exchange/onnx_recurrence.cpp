// LSTM, GRU and RNN of ONNX: gates i, o, f, c of the first and z, r, h of the second, their weights
// [directions, gates * H, I], biases of input and of state one after the other. ONNX's LSTM has no
// projection; one that has is a Scan over its steps.
#include <fmt/format.h>

#include <algorithm>

#include <unroll/core/error.hpp>

#include "onnx_layers.hpp"

namespace unroll {
namespace {

/// The order of ONNX's gates among those of a run's weights.
std::vector<std::size_t> onnx_order(const Choice& cell, const Array& weight) {
  if (cell.name == "rnn") return {};
  if (cell.name == "lstm") return gate_order(weight, {"i", "o", "f", "g"});
  return gate_order(weight, {"z", "r", "n"});
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
  memory_ = lstm_ ? layers.size(first + "/U", 1) / 4 : hidden_;
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

OnnxRecurrence::LayerResult OnnxRecurrence::fused(std::int64_t layer, const OnnxValue& x,
                                                  const OnnxValue& lengths,
                                                  const State& state) const {
  OnnxGraph& graph = layers_.graph();
  const std::int64_t D = stack_.directions;
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
  std::vector<OnnxValue> inputs = {x,
                                   stacked(layer, "W"),
                                   stacked(layer, "U"),
                                   biases(layer),
                                   lengths.empty() ? "" : graph.as_int32(lengths),
                                   state.h};
  if (lstm_) inputs.insert(inputs.end(), {state.c, peepholes(layer)});
  const auto found = graph.nodes(op, inputs, static_cast<std::size_t>(1 + parts()), attributes);
  // [T, D, N, H] -> [T, N, D * H]
  const OnnxValue y =
      D == 1 ? graph.squeeze(found[0], 1)
             : graph.reshape(graph.node("Transpose", {found[0]},
                                        {{"perm", std::vector<std::int64_t>{0, 2, 1, 3}}}),
                             {0, 0, D * hidden_});
  return {y, {found[1], lstm_ ? found[2] : ""}};
}

OnnxRecurrence::LayerResult OnnxRecurrence::projected(const std::string& place, bool backward,
                                                      const OnnxValue& x, const OnnxValue& lengths,
                                                      const State& state) const {
  OnnxGraph& graph = layers_.graph();
  const auto gate = gate_order(layers_.source().weights.array(place + "/W"), {"i", "f", "g", "o"});
  const OnnxValue U = layers_.weight(place + "/U"), R = layers_.weight(place + "/R");
  std::vector<OnnxValue> P;
  if (layers_.has(place + "/P"))
    for (const std::size_t row :
         gate_order(layers_.source().weights.array(place + "/P"), {"i", "f", "o"}))
      P.push_back(graph.node(
          "Gather", {layers_.weight(place + "/P"), graph.integer(static_cast<std::int64_t>(row))}));
  const auto turned = [&](const OnnxValue& sequence) {  // each lane at its own end
    if (!backward || lengths.empty()) return sequence;
    return graph.node("ReverseSequence", {sequence, lengths},
                      {{"time_axis", std::int64_t{0}}, {"batch_axis", std::int64_t{1}}});
  };
  std::vector<OnnxValue> sequences = {
      turned(graph.affine(x, layers_.weight(place + "/W"), layers_.weight(place + "/b")))};
  if (!lengths.empty())
    sequences.push_back(graph.unsqueeze(graph.as(OnnxType::float32, layers_.mask(x, lengths)), -1));
  const OnnxValue one = graph.number(1);
  const auto step = [&](const std::vector<OnnxValue>& before,
                        const std::vector<OnnxValue>& elements) -> std::vector<OnnxValue> {
    const auto times = [&](const OnnxValue& a, const OnnxValue& b) {
      return graph.node("Mul", {a, b});
    };
    const auto plus = [&](const OnnxValue& a, const OnnxValue& b) {
      return graph.node("Add", {a, b});
    };
    const auto peep = [&](const OnnxValue& a, std::size_t row, const OnnxValue& c) {
      return P.empty() ? a : plus(a, times(c, P[row]));
    };
    const auto sigmoid = [&](const OnnxValue& a) { return graph.node("Sigmoid", {a}); };
    const auto tanh = [&](const OnnxValue& a) { return graph.node("Tanh", {a}); };
    const auto a = graph.nodes("Split", {plus(elements[0], graph.node("MatMul", {before[0], U}))},
                               4, {{"axis", std::int64_t{-1}}});
    const OnnxValue i = sigmoid(peep(a[gate[0]], 0, before[1]));
    const OnnxValue f = sigmoid(peep(a[gate[1]], 1, before[1]));
    const OnnxValue c = plus(times(f, before[1]), times(i, tanh(a[gate[2]])));
    const OnnxValue o = sigmoid(peep(a[gate[3]], 2, c));
    const OnnxValue h = graph.node("MatMul", {times(o, tanh(c)), R});
    if (elements.size() == 1) return {h, c, h};
    const OnnxValue &on = elements[1], off = graph.node("Sub", {one, on});
    const OnnxValue y = times(on, h);  // beyond a lane's end zeros, and the state stays
    return {plus(y, times(off, before[0])), plus(times(on, c), times(off, before[1])), y};
  };
  const auto found = graph.scan({state.h, state.c}, sequences, backward && lengths.empty(), step);
  return {turned(found[2]), {found[0], found[1]}};
}

OnnxRecurrence::LayerResult OnnxRecurrence::stepped(std::int64_t layer, const OnnxValue& x,
                                                    const OnnxValue& lengths,
                                                    const State& state) const {
  OnnxGraph& graph = layers_.graph();
  const auto begin = [&](const OnnxValue& part, std::int64_t direction, std::int64_t width) {
    if (!part.empty())
      return graph.node("Gather", {part, graph.integer(direction)}, {{"axis", std::int64_t{0}}});
    const OnnxValue lanes =
        graph.node("Shape", {x}, {{"start", std::int64_t{1}}, {"end", std::int64_t{2}}});
    return graph.node("ConstantOfShape", {graph.concatenate({lanes, graph.integers({width})}, 0)});
  };
  std::vector<OnnxValue> outputs, h, c;
  for (std::int64_t d = 0; d < stack_.directions; ++d) {
    const LayerResult one = projected(place(layer, d), d == 1, x, lengths,
                                      {begin(state.h, d, hidden_), begin(state.c, d, memory_)});
    outputs.push_back(one.outputs);
    h.push_back(graph.unsqueeze(one.last.h, 0));
    c.push_back(graph.unsqueeze(one.last.c, 0));
  }
  return {graph.concatenate(outputs, -1), {graph.concatenate(h, 0), graph.concatenate(c, 0)}};
}

OnnxRecurrence::Result OnnxRecurrence::run(OnnxValue x, const OnnxValue& lengths,
                                           const State& state) const {
  OnnxGraph& graph = layers_.graph();
  const std::int64_t D = stack_.directions, L = stack_.layers;
  // One layer's rows of a state.
  const auto rows_of = [&](const OnnxValue& part) -> std::vector<OnnxValue> {
    const auto count = static_cast<std::size_t>(L);
    if (part.empty() || L == 1) return std::vector<OnnxValue>(count, part);
    return graph.nodes("Split", {part, graph.integers(std::vector<std::int64_t>(count, D))}, count,
                       {{"axis", std::int64_t{0}}});
  };
  const auto before_h = rows_of(state.h), before_c = rows_of(state.c);
  const bool residual = layers_.source().model.flag("residual");
  Result result;
  std::vector<OnnxValue> last_h, last_c;
  std::int64_t width = layers_.size(place(0, 0) + "/W", 0);
  for (std::int64_t l = 0; l < L; ++l) {
    const State before = {before_h[static_cast<std::size_t>(l)],
                          before_c[static_cast<std::size_t>(l)]};
    LayerResult one = layers_.has(place(l, 0) + "/R") ? stepped(l, x, lengths, before)
                                                      : fused(l, x, lengths, before);
    last_h.push_back(one.last.h);
    if (lstm_) last_c.push_back(one.last.c);
    OnnxValue y = one.outputs;
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
