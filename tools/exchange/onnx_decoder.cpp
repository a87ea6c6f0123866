#include "onnx_decoder.hpp"

#include <fmt/format.h>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

constexpr OnnxType kFloat = OnnxType::float32, kInteger = OnnxType::int64;

/// The vocabulary that is written.
const Vocabulary& written(const OnnxSource& source) {
  return source.domain.fields.target ? source.domain.target : source.domain.text;
}

/// From a vector [N, W] to a state: tanh(v W + b), a column for every number of every part.
OnnxRecurrence::State bridged(const OnnxLayers& layers, const OnnxRecurrence& recurrence,
                              const OnnxValue& v) {
  OnnxGraph& graph = layers.graph();
  const OnnxValue all =
      graph.node("Tanh", {graph.affine(v, layers.weight("bridge/W"), layers.weight("bridge/b"))});
  const auto count = static_cast<std::size_t>(recurrence.rows() * recurrence.parts());
  std::vector<std::int64_t> widths;
  for (std::size_t i = 0; i < count; ++i)
    widths.push_back(recurrence.parts() == 2 && i % 2 == 1 ? recurrence.memory_width()
                                                           : recurrence.width());
  const std::vector<OnnxValue> parts =
      count == 1
          ? std::vector<OnnxValue>{all}
          : graph.nodes("Split", {all, graph.integers(widths)}, count, {{"axis", std::int64_t{1}}});
  std::vector<OnnxValue> h, c;  // they stand by layer: h, c, h, c
  for (std::size_t i = 0; i < count; ++i)
    (recurrence.parts() == 2 && i % 2 == 1 ? c : h).push_back(graph.unsqueeze(parts[i], 0));
  return {graph.concatenate(h, 0), c.empty() ? "" : graph.concatenate(c, 0)};
}

/// What the model is, as far as its decoder has to know.
struct DecoderShape {
  std::string attention = "none";
  bool before = false, feeds = false;
  std::int64_t context = 0, memory = 0, keys = 0;
};

DecoderShape shape_of(const OnnxLayers& layers) {
  const Choice& model = layers.source().model;
  DecoderShape shape;
  if (model.name == "one_to_many") {
    if (model.flag("every_step")) shape.context = model.integer("width");
    return shape;
  }
  const std::int64_t directions = model.flag("bidirectional") ? 2 : 1;
  shape.memory = directions * layers.size("encoder/recurrence/layer0/forward/U", 0);
  if (model.text("summary") == "every_step") shape.context = shape.memory;
  shape.attention = model.text("attention");
  if (shape.attention == "none") return shape;
  shape.before = model.text("attend") == "before";
  shape.feeds = !shape.before && model.flag("input_feeding");
  shape.keys = shape.attention == "dot"       ? shape.memory
               : shape.attention == "general" ? layers.size("decoder/attention/W", 1)
                                              : layers.size("decoder/attention/U", 1);
  return shape;
}

OnnxValue joined(OnnxGraph& graph, const std::vector<OnnxValue>& parts) {
  std::vector<OnnxValue> defined;
  for (const OnnxValue& part : parts)
    if (!part.empty()) defined.push_back(part);
  return graph.concatenate(defined, -1);
}

/// The uppermost layer's row of a state: [rows, N, H] -> [N, H].
OnnxValue top_of(OnnxGraph& graph, const OnnxValue& part) {
  return graph.node("Gather", {part, graph.integer(-1)}, {{"axis", std::int64_t{0}}});
}

}  // namespace

OnnxValue OnnxAttention::keys(const OnnxValue& memory) const {
  const std::string name = path_ + (additive() ? "/U" : "/W");
  if (!layers_.has(name)) return memory;  // dot
  return layers_.graph().node("MatMul", {memory, layers_.weight(name)});
}

OnnxValue OnnxAttention::query(const OnnxValue& query) const {
  return additive() ? layers_.graph().node("MatMul", {query, layers_.weight(path_ + "/W")}) : query;
}

OnnxAttention::Focus OnnxAttention::look(const OnnxValue& asked, const OnnxValue& keys,
                                         const OnnxValue& memory, const OnnxValue& mask) const {
  OnnxGraph& graph = layers_.graph();
  const OnnxValue query = graph.unsqueeze(asked, 0);
  const OnnxValue compared =
      additive() ? graph.node("Mul", {graph.node("Tanh", {graph.node("Add", {keys, query})}),
                                      layers_.weight(path_ + "/v")})
                 : graph.node("Mul", {keys, query});
  const OnnxGraph::Attributes drop = {{"keepdims", std::int64_t{0}}};
  const OnnxValue scores = graph.node("ReduceSum", {compared, graph.integers({-1})}, drop);
  const OnnxValue masked = graph.node("Where", {mask, scores, graph.number(kBelowAll)});
  const OnnxValue weights = graph.node(
      "Mul",
      {graph.node("Softmax", {masked}, {{"axis", std::int64_t{0}}}), graph.as(kFloat, mask)});
  const OnnxValue context = graph.node(
      "ReduceSum", {graph.node("Mul", {graph.unsqueeze(weights, -1), memory}), graph.integers({0})},
      drop);
  return {context, weights};
}

OnnxRecurrence::State state_inputs(OnnxGraph& graph, const OnnxRecurrence& recurrence) {
  const char* meaning = "the state before, a row for each layer; zeros to begin with";
  OnnxRecurrence::State state;
  state.h = graph.input("h", kFloat, {recurrence.rows(), "batch", recurrence.width()}, meaning);
  if (recurrence.parts() == 2)
    state.c =
        graph.input("c", kFloat, {recurrence.rows(), "batch", recurrence.memory_width()}, meaning);
  return state;
}

void state_outputs(OnnxGraph& graph, const OnnxRecurrence& recurrence,
                   const OnnxRecurrence::State& state, const char* suffix) {
  graph.output(state.h, std::string("h") + suffix, kFloat,
               {recurrence.rows(), "batch", recurrence.width()}, "the state after");
  if (!state.c.empty())
    graph.output(state.c, std::string("c") + suffix, kFloat,
                 {recurrence.rows(), "batch", recurrence.memory_width()}, "the state after");
}

void one_to_many_encoder(const OnnxLayers& layers) {
  OnnxGraph& graph = layers.graph();
  const Choice& model = layers.source().model;
  const Fields& fields = layers.source().domain.fields;
  OnnxValue v;
  if (!layers.has("start/E")) {
    std::vector<OnnxDim> dims = {"batch"};
    dims.insert(dims.end(), fields.features.begin(), fields.features.end());
    const OnnxValue features =
        graph.input("features", kFloat, dims, "as the data has them, not scaled");
    v = layers.encoder(layers.scaled_features(features), model.choice("encoder"), "encoder");
  } else {
    const OnnxValue label = graph.input("label", kInteger, {"batch"},
                                        layers.size("start/E", 0) == 1
                                            ? "0 for each text that is to be written"
                                            : "a class each, in the order of vocabulary.classes");
    v = graph.node("Gather", {layers.weight("start/E"), label});
  }
  const OnnxRecurrence recurrence(layers, "decoder/recurrence");
  state_outputs(graph, recurrence, bridged(layers, recurrence, v), "");
  if (model.flag("every_step"))
    graph.output(v, "context", kFloat, {"batch", model.integer("width")}, "read at every step");
}

void seq2seq_encoder(const OnnxLayers& layers) {
  OnnxGraph& graph = layers.graph();
  const Choice& model = layers.source().model;
  const DecoderShape shape = shape_of(layers);
  OnnxValue ids = graph.input("ids", kInteger, {"time", "batch"}, "tokens; below 0: padding");
  const OnnxValue lengths = graph.input("lengths", kInteger, {"batch"}, "tokens of each text");
  if (model.flag("reverse_input"))
    ids = graph.node("ReverseSequence", {ids, lengths},
                     {{"time_axis", std::int64_t{0}}, {"batch_axis", std::int64_t{1}}});
  const OnnxRecurrence encoder(layers, "encoder/recurrence");
  const auto read = encoder.run(
      layers.tokens(ids, "encoder/embedding", layers.source().domain.text.size()), lengths, {});
  const OnnxRecurrence decoder(layers, "decoder/recurrence");
  const bool bidirectional = model.flag("bidirectional");
  state_outputs(graph, decoder, bidirectional ? bridged(layers, decoder, read.top) : read.last, "");
  if (shape.context > 0)
    graph.output(read.top, "context", kFloat, {"batch", shape.context}, "read at every step");
  if (shape.attention == "none") return;
  graph.output(read.outputs, "memory", kFloat, {"time", "batch", shape.memory},
               "what the steps look at");
  graph.output(OnnxAttention(layers, "decoder/attention").keys(read.outputs), "keys", kFloat,
               {"time", "batch", shape.keys}, "what they compare with");
}

void decoder_step(const OnnxLayers& layers) {
  OnnxGraph& graph = layers.graph();
  const DecoderShape shape = shape_of(layers);
  const bool attends = shape.attention != "none", after = attends && !shape.before;
  const std::int64_t V = written(layers.source()).size();
  const OnnxRecurrence recurrence(layers, "decoder/recurrence");
  const OnnxValue ids =
      graph.input("token", kInteger, {"batch"}, "the last one; at first that for the beginning");
  const OnnxRecurrence::State state = state_inputs(graph, recurrence);
  OnnxValue context, fed, memory, keys, mask;
  if (shape.context > 0)
    context = graph.input("context", kFloat, {"batch", shape.context}, "of the encoder");
  std::int64_t width = 0;
  if (layers.has("decoder/output/layer/W")) width = layers.size("decoder/output/layer/W", 1);
  if (shape.feeds)
    fed = graph.input("fed", kFloat, {"batch", width}, "fed_n of the step before; zeros at first");
  if (attends) {
    memory = graph.input("memory", kFloat, {"time", "batch", shape.memory}, "of the encoder");
    keys = graph.input("keys", kFloat, {"time", "batch", shape.keys}, "of the encoder");
    mask = layers.mask(memory, graph.input("lengths", kInteger, {"batch"}, "as the encoder's"));
  }
  const OnnxAttention attention(layers, "decoder/attention");
  OnnxAttention::Focus focus;
  if (shape.before)
    focus = attention.look(attention.query(top_of(graph, state.h)), keys, memory, mask);
  const OnnxValue token = layers.tokens(ids, "decoder/embedding", V);
  const OnnxValue x = joined(graph, {token, context, focus.context, fed});
  const auto read = recurrence.run(graph.unsqueeze(x, 0), "", state);
  const OnnxValue now = graph.squeeze(read.outputs, 0);
  if (after) focus = attention.look(attention.query(now), keys, memory, mask);
  const bool sees = !focus.context.empty() || !context.empty();
  OnnxValue y = sees ? joined(graph, {now, focus.context, context, after ? "" : token}) : now;
  if (width > 0)
    y = graph.node("Tanh", {graph.affine(y, layers.weight("decoder/output/layer/W"),
                                         layers.weight("decoder/output/layer/b"))});
  graph.output(layers.readout(y, "decoder/output"), "logits", kFloat, {"batch", V},
               "of the next token");
  state_outputs(graph, recurrence, read.last);
  if (shape.feeds) graph.output(y, "fed_n", kFloat, {"batch", width}, "for the next step");
  if (attends)
    graph.output(focus.weights, "attention", kFloat, {"time", "batch"},
                 "where the step looked; columns sum to 1");
}

}  // namespace unroll
