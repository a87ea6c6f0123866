#include <unroll/autodiff/gradient_check.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

namespace unroll {
namespace {

using Loss = std::function<Var(Graph&, std::span<const Var>)>;

std::vector<Var> leaves(Graph& graph, std::span<const Tensor> inputs) {
  std::vector<Var> vars;
  for (const Tensor& input : inputs) vars.push_back(graph.input(input));
  return vars;
}

double evaluate(Graph& graph, const Loss& loss, std::span<const Tensor> inputs) {
  graph.clear();
  const double value = *loss(graph, leaves(graph, inputs)).value().data<double>();
  graph.clear();
  return value;
}

}  // namespace

GradientCheck check_gradients(const Loss& loss, std::span<Tensor> inputs,
                              std::span<Parameter* const> parameters, double step) {
  Graph graph;
  for (Parameter* parameter : parameters) {
    if (parameter->gradient().defined()) parameter->gradient().fill(0.0);
  }
  std::vector<Tensor> places, analytic;
  std::vector<std::string> names;
  {
    const std::vector<Var> vars = leaves(graph, inputs);
    graph.backward(loss(graph, vars));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      places.push_back(inputs[i]);
      analytic.push_back(graph.gradient(vars[i]).clone());
      names.push_back(fmt::format("input {}", i));
    }
    for (Parameter* parameter : parameters) {
      places.push_back(parameter->value());
      const Tensor& gradient = parameter->gradient();
      analytic.push_back(gradient.defined()
                             ? gradient.clone()
                             : Tensor::zeros(parameter->value().shape(), DType::f64));
      names.push_back(parameter->name());
    }
  }

  GradientCheck check;
  for (std::size_t k = 0; k < places.size(); ++k) {
    const std::span<double> values = places[k].span<double>();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const double kept = values[i];
      values[i] = kept + step;
      const double above = evaluate(graph, loss, inputs);
      values[i] = kept - step;
      const double below = evaluate(graph, loss, inputs);
      values[i] = kept;
      const double numeric = (above - below) / (2 * step);
      const double exact = analytic[k].span<double>()[i];
      double off = std::abs(exact - numeric) / std::max({1.0, std::abs(exact), std::abs(numeric)});
      if (std::isnan(off)) off = std::numeric_limits<double>::infinity();
      if (off > check.worst) {
        check = {off, fmt::format("{} [{}]: analytic {}, numeric {}", names[k], i, exact, numeric)};
      }
    }
  }
  return check;
}

}  // namespace unroll
