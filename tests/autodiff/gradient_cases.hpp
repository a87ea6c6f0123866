// What the tests of operations share: cases, each a loss over some inputs, and their checks.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <unroll/autodiff/gradient_check.hpp>
#include <unroll/autodiff/ops.hpp>
#include <unroll/autodiff/ops_scan.hpp>
#include <unroll/core/random.hpp>

namespace unroll::test {

inline Tensor random_tensor(const Shape& shape, RandomStream& random, DType type = DType::f64) {
  Tensor tensor = Tensor::empty(shape, DType::f64);
  for (double& v : tensor.span<double>()) v = random.uniform(-2, 2);
  return tensor.to(type);
}

/// A scalar that depends on every element differently, so that a misplaced gradient shows.
inline Var weigh(Var y) {
  Tensor weights = Tensor::empty(y.shape(), DType::f64);
  double i = 0;
  for (double& w : weights.span<double>()) w = std::sin(++i) + 0.3;
  return sum(y * y.graph()->constant(weights.to(y.dtype())));
}

/// `loss` makes any leaves of its own in the type of the inputs.
struct Case {
  std::string name;
  std::vector<Shape> inputs;
  std::function<Var(Graph&, std::span<const Var>)> loss;
};

inline void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

using In = std::span<const Var>;

inline void expect_gradients_of_differences(const Case& each) {
  RandomStream random(1, each.name);
  std::vector<Tensor> inputs;
  for (const Shape& shape : each.inputs) inputs.push_back(random_tensor(shape, random));
  const GradientCheck check = check_gradients(each.loss, inputs);
  EXPECT_TRUE(check.passed()) << check.worst << " at " << check.where;
}

inline void expect_the_same_in_single_precision(const Case& each) {
  RandomStream random(1, each.name);
  Graph exact, single;
  std::vector<Var> exact_inputs, single_inputs;
  for (const Shape& shape : each.inputs) {
    const Tensor value = random_tensor(shape, random);
    exact_inputs.push_back(exact.input(value));
    single_inputs.push_back(single.input(value.to(DType::f32)));
  }
  const Var a = each.loss(exact, exact_inputs), b = each.loss(single, single_inputs);
  const double wanted = *a.value().data<double>();
  EXPECT_NEAR(*b.value().data<float>(), wanted, 1e-4 * (1 + std::abs(wanted)));
  exact.backward(a);
  single.backward(b);
  for (std::size_t k = 0; k < exact_inputs.size(); ++k) {
    const Tensor g = exact.gradient(exact_inputs[k]), h = single.gradient(single_inputs[k]);
    for (std::size_t i = 0; i < g.span<double>().size(); ++i) {
      const double value = g.span<double>()[i];
      EXPECT_NEAR(h.span<float>()[i], value, 2e-5 * (1 + std::abs(value))) << k << " " << i;
    }
  }
}

}  // namespace unroll::test
