#include "onnx_graph.hpp"

#include <fmt/format.h>
#include <onnx/checker.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include <limits>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/plugin/manifest.hpp>

namespace unroll {
namespace {

constexpr std::int64_t kOpset = 17, kIrVersion = 8;

std::int32_t element_type(OnnxType type) {
  return type == OnnxType::float32 ? onnx::TensorProto::FLOAT : onnx::TensorProto::INT64;
}

void describe(onnx::ValueInfoProto& info, const std::string& name, OnnxType type,
              const std::vector<OnnxDim>& dims, const std::string& meaning) {
  info.set_name(name);
  info.set_doc_string(meaning);
  auto* tensor = info.mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(element_type(type));
  for (const OnnxDim& dim : dims) {
    auto* added = tensor->mutable_shape()->add_dim();
    if (const auto* size = std::get_if<std::int64_t>(&dim))
      added->set_dim_value(*size);
    else
      added->set_dim_param(std::get<std::string>(dim));
  }
}

struct SetAttribute {
  onnx::AttributeProto& to;

  void operator()(std::int64_t value) const {
    to.set_type(onnx::AttributeProto::INT);
    to.set_i(value);
  }
  void operator()(float value) const {
    to.set_type(onnx::AttributeProto::FLOAT);
    to.set_f(value);
  }
  void operator()(const std::string& value) const {
    to.set_type(onnx::AttributeProto::STRING);
    to.set_s(value);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    to.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) to.add_ints(value);
  }
  void operator()(const std::vector<std::string>& values) const {
    to.set_type(onnx::AttributeProto::STRINGS);
    for (const std::string& value : values) to.add_strings(value);
  }
};

}  // namespace

struct OnnxGraph::Impl {
  onnx::ModelProto model;
  onnx::GraphProto& graph = *model.mutable_graph();
  onnx::GraphProto* into = &graph;             ///< where nodes go: the graph, or a loop's body
  std::map<std::string, OnnxValue> constants;  ///< by their content
  std::int64_t named = 0;

  std::string fresh(std::string op) {
    for (char& c : op) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return fmt::format("{}_{}", op, named++);
  }

  template <typename T>
  OnnxValue initializer(const std::string& name, const std::vector<T>& values,
                        const std::vector<std::int64_t>& shape) {
    auto* tensor = graph.add_initializer();
    tensor->set_name(name);
    tensor->set_data_type(std::is_same_v<T, float> ? onnx::TensorProto::FLOAT
                                                   : onnx::TensorProto::INT64);
    for (const std::int64_t dim : shape) tensor->add_dims(dim);
    tensor->set_raw_data(values.data(), values.size() * sizeof(T));
    return name;
  }
};

OnnxGraph::OnnxGraph(const std::string& name) : impl_(std::make_unique<Impl>()) {
  impl_->model.set_ir_version(kIrVersion);
  impl_->model.set_producer_name("unroll");
  impl_->model.set_producer_version(UNROLL_FRAMEWORK_VERSION);
  impl_->model.add_opset_import()->set_version(kOpset);
  impl_->graph.set_name(name);
}

OnnxGraph::~OnnxGraph() = default;

OnnxValue OnnxGraph::input(const std::string& name, OnnxType type, const std::vector<OnnxDim>& dims,
                           const std::string& meaning) {
  describe(*impl_->graph.add_input(), name, type, dims, meaning);
  return name;
}

void OnnxGraph::output(const OnnxValue& value, const std::string& name, OnnxType type,
                       const std::vector<OnnxDim>& dims, const std::string& meaning) {
  onnx::NodeProto* node = impl_->graph.add_node();
  node->set_op_type("Identity");
  node->set_name(name);
  node->add_input(value);
  node->add_output(name);
  describe(*impl_->graph.add_output(), name, type, dims, meaning);
}

OnnxValue OnnxGraph::weight(const std::string& name, const Array& array) {
  const auto [known, is_new] = impl_->constants.try_emplace("weight " + name, name);
  if (!is_new) return known->second;
  return impl_->initializer(name, std::get<std::vector<float>>(array.values), array.shape);
}

OnnxValue OnnxGraph::numbers(const std::vector<float>& values,
                             const std::vector<std::int64_t>& shape) {
  return impl_->initializer(impl_->fresh("constant"), values, shape);
}

OnnxValue OnnxGraph::integers(const std::vector<std::int64_t>& values) {
  const auto [known, is_new] =
      impl_->constants.try_emplace(fmt::format("list {}", shape_text(values)), "");
  if (is_new)
    known->second = impl_->initializer(impl_->fresh("sizes"), values,
                                       {static_cast<std::int64_t>(values.size())});
  return known->second;
}

OnnxValue OnnxGraph::integer(std::int64_t value) {
  const auto [known, is_new] = impl_->constants.try_emplace(fmt::format("integer {}", value), "");
  if (is_new)
    known->second = impl_->initializer(impl_->fresh("size"), std::vector<std::int64_t>{value}, {});
  return known->second;
}

OnnxValue OnnxGraph::node(const char* op, const std::vector<OnnxValue>& inputs,
                          const Attributes& attributes) {
  return nodes(op, inputs, 1, attributes).front();
}

std::vector<OnnxValue> OnnxGraph::nodes(const char* op, const std::vector<OnnxValue>& inputs,
                                        std::size_t results, const Attributes& attributes) {
  onnx::NodeProto* node = impl_->into->add_node();
  const std::string name = impl_->fresh(op);
  node->set_op_type(op);
  node->set_name(name);
  std::size_t given = inputs.size();
  while (given > 0 && inputs[given - 1].empty()) --given;  // trailing ones are left out
  for (std::size_t i = 0; i < given; ++i) node->add_input(inputs[i]);
  std::vector<OnnxValue> values;
  for (std::size_t i = 0; i < results; ++i) {
    values.push_back(results == 1 ? name : fmt::format("{}_{}", name, i));
    node->add_output(values.back());
  }
  for (const OnnxAttribute& attribute : attributes) {
    auto* added = node->add_attribute();
    added->set_name(attribute.name);
    std::visit(SetAttribute{*added}, attribute.value);
  }
  return values;
}

std::vector<OnnxValue> OnnxGraph::scan(const std::vector<OnnxValue>& states,
                                       const std::vector<OnnxValue>& sequences, bool backwards,
                                       const Body& body) {
  onnx::GraphProto inner;
  inner.set_name(impl_->fresh("body"));
  const auto named = [&](std::size_t count, const char* what) {
    std::vector<OnnxValue> names;
    for (std::size_t i = 0; i < count; ++i) {
      names.push_back(impl_->fresh(what));
      auto* info = inner.add_input();
      info->set_name(names.back());
      info->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
    }
    return names;
  };
  const std::vector<OnnxValue> before = named(states.size(), "state");
  const std::vector<OnnxValue> elements = named(sequences.size(), "element");
  onnx::GraphProto* outer = std::exchange(impl_->into, &inner);
  for (const OnnxValue& value : body(before, elements)) {
    auto* info = inner.add_output();
    info->set_name(node("Identity", {value}));
    info->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  }
  impl_->into = outer;
  std::vector<OnnxValue> inputs = states;
  inputs.insert(inputs.end(), sequences.begin(), sequences.end());
  const std::int64_t direction = backwards ? 1 : 0;
  const auto results =
      nodes("Scan", inputs, states.size() + 1,
            {{"num_scan_inputs", static_cast<std::int64_t>(sequences.size())},
             {"scan_input_directions", std::vector<std::int64_t>(sequences.size(), direction)},
             {"scan_output_directions", std::vector<std::int64_t>{direction}}});
  auto* attribute = impl_->into->mutable_node(impl_->into->node_size() - 1)->add_attribute();
  attribute->set_name("body");
  attribute->set_type(onnx::AttributeProto::GRAPH);
  *attribute->mutable_g() = std::move(inner);
  return results;
}

OnnxValue OnnxGraph::affine(const OnnxValue& x, const OnnxValue& W, const OnnxValue& b) {
  return node("Add", {node("MatMul", {x, W}), b});
}

OnnxValue OnnxGraph::concatenate(const std::vector<OnnxValue>& parts, std::int64_t axis) {
  return parts.size() == 1 ? parts.front() : node("Concat", parts, {{"axis", axis}});
}

OnnxValue OnnxGraph::squeeze(const OnnxValue& x, std::int64_t axis) {
  return node("Squeeze", {x, integers({axis})});
}

OnnxValue OnnxGraph::unsqueeze(const OnnxValue& x, std::int64_t axis) {
  return node("Unsqueeze", {x, integers({axis})});
}

OnnxValue OnnxGraph::reshape(const OnnxValue& x, const std::vector<std::int64_t>& shape) {
  return node("Reshape", {x, integers(shape)});
}

OnnxValue OnnxGraph::as(OnnxType type, const OnnxValue& x) {
  return node("Cast", {x}, {{"to", std::int64_t{element_type(type)}}});
}

OnnxValue OnnxGraph::as_int32(const OnnxValue& x) {
  return node("Cast", {x}, {{"to", std::int64_t{onnx::TensorProto::INT32}}});
}

std::string OnnxGraph::bytes(const std::map<std::string, std::string>& texts,
                             const std::string& summary) {
  onnx::ModelProto& model = impl_->model;
  model.set_doc_string(summary);
  for (const auto& [key, value] : texts) {
    auto* added = model.add_metadata_props();
    added->set_key(key);
    added->set_value(value);
  }
  if (model.ByteSizeLong() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
    fail(Failure::run, "the ONNX model would be larger than 2 GB, which protobuf cannot write");
  try {
    onnx::checker::check_model(model);
    onnx::ModelProto inferred = model;
    onnx::shape_inference::InferShapes(inferred, onnx::OpSchemaRegistry::Instance(),
                                       {true, 1, false});
  } catch (const std::exception& error) {
    fail(Failure::run, "ONNX does not accept its model: {}", error.what());
  }
  return model.SerializeAsString();
}

}  // namespace unroll
