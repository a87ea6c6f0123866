#include "onnx_models.hpp"

#include <fmt/format.h>

#include <functional>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

#include "onnx_decoder.hpp"
#include "onnx_layers.hpp"

namespace unroll {
namespace {

constexpr OnnxType kFloat = OnnxType::float32, kInteger = OnnxType::int64;

/// `features` as the data has them, with the batch.
OnnxValue features_input(const OnnxLayers& layers) {
  const std::vector<std::int64_t>& shape = layers.source().domain.fields.features;
  std::vector<OnnxDim> dims;
  if (shape.size() == 2) {
    dims = {"time", "batch", shape[1]};
  } else {
    dims = {"batch"};
    dims.insert(dims.end(), shape.begin(), shape.end());
  }
  return layers.scaled_features(
      layers.graph().input("features", kFloat, dims, "as the data has them, not scaled"));
}

/// Logits of classes or, in their own units, values.
void answer(const OnnxLayers& layers, const OnnxValue& z) {
  OnnxGraph& graph = layers.graph();
  const OnnxValue said = layers.readout(z, "output");
  const Domain& domain = layers.source().domain;
  const std::string wanted = layers.source().model.text("predict");
  const bool label = wanted == "label" || (wanted != "values" && domain.fields.label);
  if (label)
    graph.output(said, "logits", kFloat,
                 {"batch", static_cast<std::int64_t>(domain.classes.size())},
                 "of the classes, in the order of vocabulary.classes");
  else
    graph.output(layers.own_units(said), "values", kFloat,
                 {"batch", static_cast<std::int64_t>(domain.fields.values.size())},
                 "in the order of vocabulary.values, in their own units");
}

void one_to_one(const OnnxLayers& layers) {
  const Choice& model = layers.source().model;
  OnnxValue y = layers.encoder(features_input(layers), model.choice("encoder"), "encoder");
  if (model.text("activation") == "relu") y = layers.graph().node("Relu", {y});
  if (model.text("activation") == "tanh") y = layers.graph().node("Tanh", {y});
  answer(layers, y);
}

OnnxValue ids_input(const OnnxLayers& layers) {
  return layers.graph().input("ids", kInteger, {"time", "batch"}, "tokens; below 0: padding");
}

OnnxValue lengths_input(const OnnxLayers& layers) {
  return layers.graph().input("lengths", kInteger, {"batch"}, "steps of each sequence");
}

/// The next token after every step; the state goes in and out.
void generator(const OnnxLayers& layers) {
  OnnxGraph& graph = layers.graph();
  const std::int64_t V = layers.source().domain.text.size();
  const OnnxRecurrence recurrence(layers, "recurrence");
  const OnnxValue ids = ids_input(layers);
  const OnnxRecurrence::State state = state_inputs(graph, recurrence);
  const auto read = recurrence.run(layers.tokens(ids, "embedding", V), "", state);
  graph.output(layers.readout(read.outputs, "output"), "logits", kFloat, {"time", "batch", V},
               "of the next token");
  state_outputs(graph, recurrence, read.last);
}

void tagger(const OnnxLayers& layers) {
  const Domain& domain = layers.source().domain;
  const OnnxValue ids = ids_input(layers), lengths = lengths_input(layers);
  const auto read = OnnxRecurrence(layers, "recurrence")
                        .run(layers.tokens(ids, "embedding", domain.text.size()), lengths, {});
  layers.graph().output(layers.readout(read.outputs, "output"), "logits", kFloat,
                        {"time", "batch", domain.target.size()},
                        "of each token's tag; of no meaning beyond a sequence's length");
}

void many_to_many(const OnnxLayers& layers) {
  if (layers.source().model.text("predict") == "tags")
    tagger(layers);
  else
    generator(layers);
}

/// sum over time of y [T, N, H] where `counted` [T, N] is true.
OnnxValue summed(OnnxGraph& graph, const OnnxValue& y, const OnnxValue& counted) {
  const OnnxValue ones = graph.unsqueeze(graph.as(kFloat, counted), -1);
  return graph.node("ReduceSum", {graph.node("Mul", {y, ones}), graph.integers({0})},
                    {{"keepdims", std::int64_t{0}}});
}

OnnxValue pooled(const OnnxLayers& layers, const OnnxRecurrence::Result& read,
                 const OnnxValue& lengths, bool bidirectional) {
  OnnxGraph& graph = layers.graph();
  const std::string pool = layers.source().model.text("pool");
  const OnnxValue& y = read.outputs;
  const OnnxValue mask = layers.mask(y, lengths);
  if (pool == "mean") {
    const OnnxValue count = graph.as(kFloat, graph.node("Max", {lengths, graph.integer(1)}));
    return graph.node("Div", {summed(graph, y, mask), graph.unsqueeze(count, 1)});
  }
  if (pool == "max")
    return graph.node(
        "ReduceMax", {graph.node("Where", {graph.unsqueeze(mask, -1), y, graph.number(kBelowAll)})},
        {{"axes", std::vector<std::int64_t>{0}}, {"keepdims", std::int64_t{0}}});
  if (pool == "attention") {  // a query of 1, so that its product with W is W
    const OnnxAttention attention(layers, "attention");
    return attention.look(layers.weight("attention/W"), attention.keys(y), y, mask).context;
  }
  if (bidirectional) return read.top;
  const OnnxValue next = layers.mask(y, graph.node("Sub", {lengths, graph.integer(1)}));
  return summed(graph, y, graph.node("Xor", {mask, next}));  // true at the last step alone
}

void many_to_one(const OnnxLayers& layers) {
  OnnxGraph& graph = layers.graph();
  const Choice& model = layers.source().model;
  const Domain& domain = layers.source().domain;
  const bool text = domain.fields.text && domain.fields.features.empty();
  OnnxValue x;
  if (text)
    x = layers.tokens(ids_input(layers), "embedding", domain.text.size());
  else
    x = features_input(layers);
  OnnxValue lengths;
  const bool masked = model.flag("masked");
  if (masked) {
    lengths = lengths_input(layers);
  } else {  // padding is read like anything else: all steps of every sequence
    const OnnxValue shape = graph.node("Shape", {x});
    const auto sizes =
        graph.nodes("Split", {shape, graph.integers({1, 1, 1})}, 3, {{"axis", std::int64_t{0}}});
    lengths = graph.node("Expand", {sizes[0], sizes[1]});
  }
  const auto read = OnnxRecurrence(layers, "recurrence").run(x, masked ? lengths : "", {});
  answer(layers, pooled(layers, read, lengths, model.flag("bidirectional")));
}

struct Part {
  const char* name;
  const char* summary;
  void (*write)(const OnnxLayers& layers);
};

struct KnownArchitecture {
  const char* name;
  std::vector<Part> parts;
};

const std::vector<KnownArchitecture>& architectures() {
  static const std::vector<KnownArchitecture> known = {
      {"one_to_one", {{"", "features to a class or to numbers", one_to_one}}},
      {"many_to_one", {{"", "a sequence to a class or to numbers", many_to_one}}},
      {"many_to_many", {{"", "something for every token", many_to_many}}},
      {"one_to_many",
       {{"encoder", "what a text is written from", one_to_many_encoder},
        {"decoder", "one step of writing", decoder_step}}},
      {"seq2seq",
       {{"encoder", "reads a text", seq2seq_encoder},
        {"decoder", "one step of writing its answer", decoder_step}}},
  };
  return known;
}

}  // namespace

std::vector<OnnxModel> to_onnx(const DescribedRun& run) {
  const OnnxSource source{run.weights, model_choice(run.config), Domain::load(run.vocabulary)};
  std::vector<std::string> names;
  for (const KnownArchitecture& known : architectures()) {
    names.emplace_back(known.name);
    if (source.model.name != known.name) continue;
    layers_of(run.weights, source.model, "ONNX");  // refuses weights of no known layer
    const std::map<std::string, std::string> texts = {
        {"run", json_text(about_run(run))},
        {"config", json_text(json_of(run.config))},
        {"vocabulary", json_text(vocabulary_of(run))}};
    std::vector<OnnxModel> models;
    for (const Part& part : known.parts) {
      OnnxGraph graph(*part.name == '\0' ? source.model.name : source.model.name + "_" + part.name);
      part.write(OnnxLayers(source, graph));
      models.push_back({part.name, graph.bytes(texts, part.summary)});
    }
    return models;
  }
  fail(Failure::usage, "architecture '{}' cannot be written as ONNX (known: {})", source.model.name,
       join(names));
}

}  // namespace unroll
