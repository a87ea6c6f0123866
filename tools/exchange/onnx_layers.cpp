#include "onnx_layers.hpp"

#include <fmt/format.h>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

std::string beside(const std::string& path, const char* name) {
  const std::size_t slash = path.rfind('/');
  return (slash == std::string::npos ? "" : path.substr(0, slash + 1)) + name;
}

const char* operator_of(const std::string& activation) {
  return activation == "relu" ? "Relu" : "Tanh";
}

}  // namespace

OnnxValue OnnxLayers::weight(const std::string& name) const {
  return graph_.weight(name, source_.weights.array(name));
}

std::int64_t OnnxLayers::size(const std::string& name, std::size_t axis) const {
  return source_.weights.array(name).shape.at(axis);
}

OnnxValue OnnxLayers::tokens(const OnnxValue& ids, const std::string& path,
                             std::int64_t vocabulary) const {
  const OnnxValue zero = graph_.integer(0);
  const OnnxValue known = graph_.node("Max", {ids, zero});
  const OnnxValue counts = graph_.unsqueeze(
      graph_.as(OnnxType::float32, graph_.node("GreaterOrEqual", {ids, zero})), -1);
  const OnnxValue rows =
      has(path + "/E")
          ? graph_.node("Gather", {weight(path + "/E"), known})
          : graph_.node("OneHot", {known, graph_.integer(vocabulary), graph_.numbers({0, 1}, {2})});
  return graph_.node("Mul", {rows, counts});
}

OnnxValue OnnxLayers::readout(const OnnxValue& y, const std::string& path) const {
  OnnxValue W;
  if (has(path + "/W"))
    W = weight(path + "/W");
  else
    W = graph_.node("Transpose", {weight(beside(path, "embedding/E"))});
  return graph_.affine(y, W, weight(path + "/b"));
}

OnnxValue OnnxLayers::scaled_features(const OnnxValue& features) const {
  const Scaling& scaling = source_.domain.features;
  if (!scaling.active()) return features;
  std::vector<std::int64_t> shape = {static_cast<std::int64_t>(scaling.mean.size())};
  if (source_.domain.fields.features.size() == 3) shape = {shape[0], 1, 1};  // by colour
  return graph_.node("Div", {graph_.node("Sub", {features, graph_.numbers(scaling.mean, shape)}),
                             graph_.numbers(scaling.deviation, shape)});
}

OnnxValue OnnxLayers::own_units(const OnnxValue& values) const {
  const Scaling& scaling = source_.domain.values;
  if (!scaling.active()) return values;
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(scaling.mean.size())};
  return graph_.node("Add", {graph_.node("Mul", {values, graph_.numbers(scaling.deviation, shape)}),
                             graph_.numbers(scaling.mean, shape)});
}

OnnxValue OnnxLayers::dense(OnnxValue x, const std::string& path, const char* activation) const {
  for (std::int64_t i = 0;; ++i) {
    const std::string layer = fmt::format("{}/layer{}", path, i);
    x = graph_.affine(x, weight(layer + "/W"), weight(layer + "/b"));
    if (!has(fmt::format("{}/layer{}/W", path, i + 1))) return x;
    x = graph_.node(activation, {x});
  }
}

OnnxValue OnnxLayers::convolutions(OnnxValue x, const Choice& encoder,
                                   const std::string& path) const {
  const std::string normalisation = encoder.text("normalisation"), pool = encoder.text("pool");
  const std::int64_t around = encoder.integer("kernel") / 2;
  const OnnxGraph::Attributes halved = {{"kernel_shape", std::vector<std::int64_t>{2, 2}},
                                        {"strides", std::vector<std::int64_t>{2, 2}}};
  for (std::int64_t i = 0; has(fmt::format("{}/block{}/W", path, i)); ++i) {
    const std::string block = fmt::format("{}/block{}", path, i);
    const bool plain = normalisation == "none";
    x = graph_.node("Conv", {x, weight(block + "/W"), plain ? weight(block + "/b") : ""},
                    {{"pads", std::vector<std::int64_t>(4, around)}});
    if (normalisation == "batch") {
      const auto running = [&](const char* name) {
        const Array& kept = source_.weights.array(fmt::format("learnt/block{}/{}", i, name));
        const auto& exact = std::get<std::vector<double>>(kept.values);
        std::vector<float> values;
        for (const double value : exact) values.push_back(static_cast<float>(value));
        return graph_.numbers(values, kept.shape);
      };
      x = graph_.node("BatchNormalization", {x, weight(block + "/gain"), weight(block + "/b"),
                                             running("mean"), running("variance")});
    } else if (normalisation == "layer") {
      const OnnxValue shape = graph_.node("Shape", {x});
      const OnnxValue flat = graph_.node("Flatten", {x});
      x = graph_.node(
          "Reshape",
          {graph_.node("LayerNormalization", {flat, weight(block + "/gain"), weight(block + "/b")}),
           shape});
    }
    x = graph_.node(operator_of(encoder.text("activation")), {x});
    if (pool == "max") x = graph_.node("MaxPool", {x}, halved);
    if (pool == "average") x = graph_.node("AveragePool", {x}, halved);
  }
  if (encoder.text("read_out") == "mean")
    return graph_.node("ReduceMean", {x},
                       {{"axes", std::vector<std::int64_t>{2, 3}}, {"keepdims", std::int64_t{0}}});
  return graph_.node("Flatten", {x});
}

OnnxValue OnnxLayers::encoder(const OnnxValue& features, const Choice& encoder,
                              const std::string& path) const {
  const char* activation = operator_of(encoder.text("activation"));
  if (encoder.name == "identity") return graph_.node("Flatten", {features});
  if (encoder.name == "mlp") return dense(graph_.node("Flatten", {features}), path, activation);
  if (encoder.name == "cnn") return dense(convolutions(features, encoder, path), path, activation);
  fail(Failure::usage,
       "encoder '{}' has no counterpart in ONNX (known: identity, mlp, cnn); --to npz writes any "
       "weights",
       encoder.name);
}

OnnxValue OnnxLayers::mask(const OnnxValue& sequence, const OnnxValue& lengths) const {
  const OnnxValue steps = graph_.squeeze(
      graph_.node("Shape", {sequence}, {{"start", std::int64_t{0}}, {"end", std::int64_t{1}}}), 0);
  const OnnxValue counted = graph_.node("Range", {graph_.integer(0), steps, graph_.integer(1)});
  return graph_.node("Less", {graph_.unsqueeze(counted, 1), graph_.unsqueeze(lengths, 0)});
}

}  // namespace unroll
