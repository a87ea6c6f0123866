// A tape run backwards.
#include <fmt/format.h>

#include <stdexcept>

#include <unroll/autodiff/graph.hpp>
#include <unroll/autodiff/tape_anomalies.hpp>
#include <unroll/tensor/kernels.hpp>

namespace unroll {
namespace {

void add_into(const Tensor& from, Tensor& to) {
  if (to.dtype() == DType::f32) {
    kernels::axpy(to.size(), 1.0f, from.data<float>(), to.data<float>());
  } else {
    kernels::axpy(to.size(), 1.0, from.data<double>(), to.data<double>());
  }
}

}  // namespace

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
  if (graph_.adds_to_parameter(node)) {
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
  if (!graph_.adds_to_parameter(node) && !node.gradient.defined()) {
    node.gradient = gradient.reshaped(node.value.shape());
  } else {
    bool fresh = false;
    add_into(gradient, input_gradient(k, fresh));
  }
}

// ---- Graph ----------------------------------------------------------------------------------

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
  if (adds_to_parameter(last)) {
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
        std::vector<detail::Operand> operands;
        for (std::int32_t k = 0; k < ops_[index].inputs; ++k) {
          const Node& n = node(inputs_[static_cast<std::size_t>(ops_[index].first_input + k)]);
          const Tensor& gradient = n.parameter ? n.parameter->gradient() : n.gradient;
          operands.push_back({n.value, n.parameter, n.needs_gradient ? &gradient : nullptr});
        }
        detail::check_backward(*this, index, operands);
      }
      for (std::int32_t k = begin; k < end; ++k) {
        if (!node(k).keeps_gradient) node(k).gradient = Tensor{};
      }
    }
    finish(ops_[index]);
    tell_down_to(i);
  }
}

Tensor Graph::share_gradient(Parameter& parameter) {
  return node(use(parameter).index_).gradient;
}

Tensor Graph::gradient(Var var) const {
  if (var.graph_ == nullptr && var.parameter_ != nullptr) return var.parameter_->gradient();
  if (var.graph_ != this) throw std::logic_error("the Var is not on this graph");
  const Node& n = node(var.index_);
  if (adds_to_parameter(n)) return n.parameter->gradient();
  if (n.gradient.defined()) return n.gradient;
  return Tensor::zeros(n.value.shape(), n.value.dtype());
}

void Graph::watch(Var var) {
  if (var.graph_ != this) throw std::logic_error("the Var is not on this graph");
  node(var.index_).keeps_gradient = true;
}

}  // namespace unroll
