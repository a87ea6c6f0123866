#include <unroll/autodiff/graph.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include <unroll/autodiff/tape_anomalies.hpp>

namespace unroll {
namespace {

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
    const Tensor& value = parameter.value();
    // Other threads have the value on tapes of their own: not even a count of owners is shared.
    leaf = {generation_,
            add_node(share_ ? Tensor::borrow(value.raw(), value.shape(), value.dtype()) : value),
            {}};
    node(leaf.node).parameter = &parameter;
    node(leaf.node).needs_gradient = recording();
  }
  return {this, leaf.node};
}

std::vector<Parameter*> Graph::used_parameters() const {
  std::vector<Parameter*> parameters;
  parameters.reserve(first_uses_.size());
  for (const FirstUse& use : first_uses_) parameters.push_back(use.parameter);
  return parameters;
}

void Graph::require_whole_batch(std::string_view operation) const {
  if (share_) {
    throw std::logic_error(
        fmt::format("{} needs the whole batch: this tape has a share of its lanes", operation));
  }
}

std::unique_ptr<Graph> Graph::take_share() {
  std::unique_ptr<Graph> share;
  if (spare_shares_.empty()) {
    share = std::make_unique<Graph>(mode_);
    share->become_share();
  } else {
    share = std::move(spare_shares_.back());
    spare_shares_.pop_back();
  }
  share->set_precision(precision_);
  return share;
}

void Graph::give_share(std::unique_ptr<Graph> share) {
  share->clear();
  spare_shares_.push_back(std::move(share));
}

void Graph::drop_values(std::int32_t since, std::span<const Var> kept) {
  for (std::int32_t i = since; i < node_count_; ++i) {
    Node& n = node(i);
    const auto is_it = [i](const Var& var) { return var.index_ == i; };
    if (n.parameter == nullptr && std::ranges::none_of(kept, is_it))
      n.value = Tensor::borrow(nullptr, n.value.shape(), n.value.dtype());
  }
}

Var Graph::on_tape(const Var& var) {
  return {this, resolve(var)};
}

bool Graph::needs_gradient(const Var& var) {
  return node(resolve(var)).needs_gradient;
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
      return detail::Operand{node(index).value, node(index).parameter, nullptr};
    };
    std::vector<detail::Operand> results, operands;
    for (std::int32_t i = first; i < node_count_; ++i) results.push_back(operand(i));
    for (std::size_t i = static_cast<std::size_t>(first_input); i < inputs_.size(); ++i)
      operands.push_back(operand(inputs_[i]));
    detail::check_forward(results, operands);
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
  if (detecting_anomalies()) [[unlikely]]
    detail::remember_calls(*this, static_cast<std::size_t>(op));
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

}  // namespace unroll
