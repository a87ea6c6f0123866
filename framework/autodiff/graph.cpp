#include <unroll/autodiff/graph.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <unordered_map>

#include <unroll/autodiff/anomaly.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

// While anomalies are looked for: where each operation of a tape was asked for.
std::vector<detail::OperationCalls>& calls_of(const Graph& graph) {
  thread_local std::unordered_map<const Graph*, std::vector<detail::OperationCalls>> calls;
  return calls[&graph];
}

// What an operation worked with.
struct Operand {
  const Tensor& value;
  const Parameter* parameter;
  const Tensor* gradient;  // null: it has none

  std::string text() const {
    const std::string shape = value.shape().text();
    return parameter == nullptr ? shape : fmt::format("'{}' {}", parameter->name(), shape);
  }
};

// "[8, 24] and 'U' [24, 96]".
std::string text_of(std::span<const Operand> operands) {
  std::string text;
  for (const Operand& operand : operands) {
    if (!text.empty()) text += " and ";
    text += operand.text();
  }
  return text.empty() ? "nothing" : text;
}

void check_forward(std::span<const Operand> results, std::span<const Operand> operands) {
  for (const Operand& result : results) {
    const std::string found = detail::anomaly_of(result.value);
    if (found.empty()) continue;
    const auto calls = detail::OperationCalls::here();
    detail::throw_anomaly(fmt::format("forward: {} of {} gave {}{}", calls.operation(),
                                      text_of(operands), found, calls.caller()));
  }
}

void check_backward(std::span<const Operand> operands, const detail::OperationCalls& calls) {
  for (const Operand& operand : operands) {
    if (operand.gradient == nullptr || !operand.gradient->defined()) continue;
    const std::string found = detail::anomaly_of(*operand.gradient);
    if (found.empty()) continue;
    detail::throw_anomaly(fmt::format("backward: of {} of {}, the gradient of {} is {}{}",
                                      calls.operation(), text_of(operands), operand.text(), found,
                                      calls.caller()));
  }
}

void add_into(const Tensor& from, Tensor& to) {
  if (to.dtype() == DType::f32) {
    kernels::axpy(to.size(), 1.0f, from.data<float>(), to.data<float>());
  } else {
    kernels::axpy(to.size(), 1.0, from.data<double>(), to.data<double>());
  }
}

Tensor dense_one_hot(const Tensor& ids, const Shape& shape, DType type) {
  Tensor dense = Tensor::zeros(shape, type);
  const std::int64_t classes = shape.last();
  const auto* id = ids.data<std::int32_t>();
  for (std::int64_t row = 0; row < ids.size(); ++row) {
    if (id[row] < 0 || id[row] >= classes) continue;
    const std::int64_t place = row * classes + id[row];
    if (type == DType::f32) {
      dense.data<float>()[place] = 1.0f;
    } else {
      dense.data<double>()[place] = 1.0;
    }
  }
  return dense;
}

}  // namespace

// ---- Var ------------------------------------------------------------------------------------

const Tensor& Var::value() const {
  if (graph_ != nullptr) return graph_->value_of(index_);
  if (parameter_ != nullptr) return parameter_->value();
  throw std::logic_error("an undefined Var has no value");
}

const Shape& Var::shape() const {
  return graph_ != nullptr ? graph_->node(index_).value.shape() : value().shape();
}

DType Var::dtype() const {
  return graph_ != nullptr ? graph_->node(index_).value.dtype() : value().dtype();
}

// ---- Backward -------------------------------------------------------------------------------

const Tensor& Backward::output_gradient(int k) const {
  return graph_.node(graph_.ops_[static_cast<std::size_t>(op_)].first_output + k).gradient;
}

std::int32_t Backward::input_node(int k) const {
  const Graph::Op& op = graph_.ops_[static_cast<std::size_t>(op_)];
  if (k < 0 || k >= op.inputs) {
    throw std::out_of_range(fmt::format("an operation of {} inputs has no input {}", op.inputs, k));
  }
  return graph_.inputs_[static_cast<std::size_t>(op.first_input + k)];
}

bool Backward::wants(int k) const {
  return graph_.node(input_node(k)).needs_gradient;
}

const Shape& Backward::input_shape(int k) const {
  return graph_.node(input_node(k)).value.shape();
}

Tensor& Backward::input_gradient(int k, bool& fresh) {
  Graph::Node& node = graph_.node(input_node(k));
  fresh = false;
  if (node.parameter != nullptr) {
    Tensor& gradient = node.parameter->gradient();
    if (!gradient.defined()) gradient = Tensor::zeros(node.value.shape(), node.value.dtype());
    return gradient;
  }
  if (!node.gradient.defined()) {
    fresh = true;
    node.gradient = Tensor::empty(node.value.shape(), node.value.dtype());
  } else if (!node.gradient.unique()) {
    node.gradient = node.gradient.clone();  // it was passed on from another Var
  }
  return node.gradient;
}

Tensor& Backward::input_gradient(int k) {
  bool fresh = false;
  Tensor& gradient = input_gradient(k, fresh);
  if (fresh) gradient.fill(0.0);
  return gradient;
}

void Backward::pass(int k, const Tensor& gradient) {
  Graph::Node& node = graph_.node(input_node(k));
  if (!node.needs_gradient) return;
  if (node.parameter == nullptr && !node.gradient.defined()) {
    node.gradient = gradient.reshaped(node.value.shape());
  } else {
    bool fresh = false;
    add_into(gradient, input_gradient(k, fresh));
  }
}

// ---- Graph ----------------------------------------------------------------------------------

Graph::Graph(Mode mode) : mode_(mode) {}

Graph::~Graph() {
  clear();
}

void Graph::clear() {
  for (std::size_t i = ops_.size(); i-- > 0;) finish(ops_[i]);
  ops_.clear();
  inputs_.clear();
  first_uses_.clear();
  for (std::int32_t i = 0; i < node_count_; ++i) node(i) = Node{};
  node_count_ = 0;
  arena_chunk_ = arena_used_ = 0;
  ran_backward_ = false;
  ++generation_;  // forgets the leaves of all parameters at once
}

void Graph::finish(Op& op) noexcept {
  if (op.closure != nullptr) op.destroy(op.closure);
  op.closure = nullptr;
}

std::int32_t Graph::add_node(Tensor value) {
  if (node_count_ == static_cast<std::int32_t>(nodes_.size()) * kChunk) {
    nodes_.push_back(std::make_unique<Node[]>(kChunk));
  }
  node(node_count_).value = std::move(value);
  return node_count_++;
}

const Tensor& Graph::value_of(std::int32_t index) const {
  Node& n = node(index);
  if (n.ids.defined() && !n.value.defined()) {
    n.value = dense_one_hot(n.ids, n.value.shape(), n.value.dtype());
  }
  return n.value;
}

Var Graph::constant(Tensor value) {
  return {this, add_node(std::move(value))};
}

Var Graph::input(Tensor value) {
  const std::int32_t index = add_node(std::move(value));
  node(index).needs_gradient = node(index).keeps_gradient = recording();
  return {this, index};
}

Var Graph::use(Parameter& parameter) {
  Leaf& leaf = leaves_[&parameter];
  if (leaf.generation != generation_) {
    leaf = {generation_, add_node(parameter.value()), {}};
    node(leaf.node).parameter = &parameter;
    node(leaf.node).needs_gradient = recording();
  }
  return {this, leaf.node};
}

Var Graph::one_hot(Tensor ids, std::int64_t classes, DType type) {
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  const std::size_t rank = ids.shape().rank();
  if (ids.dtype() != DType::i32 || rank + 1 > dims.size() || classes < 1) {
    throw std::invalid_argument(fmt::format("one_hot of {} ids {} with {} classes",
                                            name_of(ids.dtype()), ids.shape().text(), classes));
  }
  std::copy(ids.shape().dims().begin(), ids.shape().dims().end(), dims.begin());
  dims[rank] = classes;
  const Shape shape(std::span<const std::int64_t>(dims.data(), rank + 1));
  const std::int32_t index = add_node(Tensor::borrow(nullptr, shape, type));
  node(index).ids = std::move(ids);
  return {this, index};
}

Tensor Graph::ids_of(Var var) const {
  return var.graph_ == this ? node(var.index_).ids : Tensor{};
}

std::array<Tensor, 2>* Graph::layouts_of(Var var) {
  Parameter* const parameter = var.graph_ == this ? node(var.index_).parameter : var.parameter_;
  if (parameter == nullptr) return nullptr;
  use(*parameter);
  return &leaves_[parameter].layouts;
}

Graph& Graph::of(std::initializer_list<const Var*> operands) {
  Graph* found = nullptr;
  for (const Var* var : operands) {
    if (!var->defined()) throw std::logic_error("an operand is an undefined Var");
    if (var->graph_ == nullptr) continue;
    if (found != nullptr && found != var->graph_) {
      throw std::logic_error("the operands are on different graphs");
    }
    found = var->graph_;
  }
  if (found == nullptr) {
    throw std::logic_error("no operand is on a graph yet: begin with Graph::use(parameter)");
  }
  return *found;
}

std::int32_t Graph::resolve(const Var& var) {
  if (var.graph_ == this) return var.index_;
  if (var.graph_ == nullptr && var.parameter_ != nullptr) return use(*var.parameter_).index_;
  throw std::logic_error(var.graph_ == nullptr ? "an operand is an undefined Var"
                                               : "an operand is on another graph");
}

std::int32_t Graph::put(std::span<const Tensor> values, std::span<const Var> inputs) {
  const auto first_input = static_cast<std::int32_t>(inputs_.size());
  bool needs_gradient = false;
  for (const Var& input : inputs) {
    const std::int32_t index = resolve(input);
    needs_gradient = needs_gradient || node(index).needs_gradient;
    inputs_.push_back(index);
  }
  const std::int32_t first = node_count_;
  for (const Tensor& value : values) add_node(value);
  if (detecting_anomalies()) [[unlikely]] {
    const auto operand = [this](std::int32_t index) {
      return Operand{node(index).value, node(index).parameter, nullptr};
    };
    std::vector<Operand> results, operands;
    for (std::int32_t i = first; i < node_count_; ++i) results.push_back(operand(i));
    for (std::size_t i = static_cast<std::size_t>(first_input); i < inputs_.size(); ++i)
      operands.push_back(operand(inputs_[i]));
    check_forward(results, operands);
  }
  if (!needs_gradient) {
    inputs_.resize(static_cast<std::size_t>(first_input));
    return first;
  }
  const auto op = static_cast<std::int32_t>(ops_.size());
  for (std::size_t i = static_cast<std::size_t>(first_input); i < inputs_.size(); ++i) {
    Node& input = node(inputs_[i]);
    if (input.parameter == nullptr || input.used) continue;
    input.used = true;
    first_uses_.push_back({op, input.parameter});
  }
  ops_.push_back({first_input, static_cast<std::int32_t>(inputs.size()), first,
                  static_cast<std::int32_t>(values.size()), nullptr, nullptr, nullptr});
  for (std::int32_t i = first; i < node_count_; ++i) {
    node(i).op = op;
    node(i).needs_gradient = true;
  }
  if (detecting_anomalies()) [[unlikely]] {
    auto& calls = calls_of(*this);
    calls.resize(ops_.size());
    calls.back() = detail::OperationCalls::here();
  }
  return first;
}

std::vector<Var> Graph::outputs(std::int32_t first, std::size_t count) {
  std::vector<Var> vars;
  vars.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    vars.push_back(Var(this, first + static_cast<std::int32_t>(i)));
  }
  return vars;
}

void* Graph::allocate(std::size_t bytes, std::size_t alignment) {
  std::size_t begin = (arena_used_ + alignment - 1) / alignment * alignment;
  if (arena_.empty() || begin + bytes > kArenaBytes) {
    if (bytes > kArenaBytes) throw std::length_error("a backward function captures too much");
    if (!arena_.empty()) ++arena_chunk_;
    begin = 0;
  }
  if (arena_chunk_ == arena_.size()) {
    arena_.push_back(std::make_unique<std::byte[]>(kArenaBytes));
  }
  arena_used_ = begin + bytes;
  return arena_[arena_chunk_].get() + begin;
}

void Graph::backward(Var loss, double seed, GradientListener* listener) {
  if (loss.graph_ != this) throw std::logic_error("the loss is not on this graph");
  if (!recording()) throw std::logic_error("a graph in infer mode has no backward pass");
  if (ran_backward_) throw std::logic_error("the tape has been run backwards already: clear it");
  Node& last = node(loss.index_);
  if (last.value.size() != 1) {
    throw std::invalid_argument(
        fmt::format("a loss is a single number, not of shape {}", last.value.shape().text()));
  }
  ran_backward_ = true;
  if (!last.needs_gradient) return;
  if (last.parameter != nullptr) {
    add_into(Tensor::full(last.value.shape(), seed, last.value.dtype()),
             last.parameter->gradient());
    return;
  }
  last.gradient = Tensor::full(last.value.shape(), seed, last.value.dtype());
  std::size_t waiting = first_uses_.size();
  const auto tell_down_to = [&](std::int32_t op) {
    if (listener == nullptr) return;
    for (; waiting > 0 && first_uses_[waiting - 1].op >= op; --waiting)
      listener->ready(*first_uses_[waiting - 1].parameter);
  };
  tell_down_to(last.op + 1);
  for (std::int32_t i = last.op; i >= 0; --i) {
    const auto index = static_cast<std::size_t>(i);
    const std::int32_t begin = ops_[index].first_output;
    const std::int32_t end = begin + ops_[index].outputs;
    bool used = false;
    for (std::int32_t k = begin; k < end; ++k) used = used || node(k).gradient.defined();
    if (used) {
      Backward step(*this, i);
      ops_[index].run(ops_[index].closure, step);
      if (detecting_anomalies()) [[unlikely]] {
        std::vector<Operand> operands;
        for (std::int32_t k = 0; k < ops_[index].inputs; ++k) {
          const Node& n = node(inputs_[static_cast<std::size_t>(ops_[index].first_input + k)]);
          const Tensor& gradient = n.parameter ? n.parameter->gradient() : n.gradient;
          operands.push_back({n.value, n.parameter, n.needs_gradient ? &gradient : nullptr});
        }
        const auto& calls = calls_of(*this);
        check_backward(operands, index < calls.size() ? calls[index] : detail::OperationCalls{});
      }
      for (std::int32_t k = begin; k < end; ++k) {
        if (!node(k).keeps_gradient) node(k).gradient = Tensor{};
      }
    }
    finish(ops_[index]);
    tell_down_to(i);
  }
}

Tensor Graph::gradient(Var var) const {
  if (var.graph_ == nullptr && var.parameter_ != nullptr) return var.parameter_->gradient();
  if (var.graph_ != this) throw std::logic_error("the Var is not on this graph");
  const Node& n = node(var.index_);
  if (n.parameter != nullptr) return n.parameter->gradient();
  if (n.gradient.defined()) return n.gradient;
  return Tensor::zeros(n.value.shape(), n.value.dtype());
}

void Graph::watch(Var var) {
  if (var.graph_ != this) throw std::logic_error("the Var is not on this graph");
  node(var.index_).keeps_gradient = true;
}

}  // namespace unroll
