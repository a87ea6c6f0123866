// Central finite differences against the tape, in double precision.
#pragma once

#include <functional>
#include <span>
#include <string>

#include <unroll/autodiff/graph.hpp>

namespace unroll {

struct GradientCheck {
  double worst = 0;   ///< largest |analytic - numeric| / max(1, |analytic|, |numeric|)
  std::string where;  ///< the input and element where it was
  bool passed(double tolerance = 1e-6) const { return worst <= tolerance; }
};

/// Checks d loss / d inputs and parameters. `loss` builds a scalar from leaves made of `inputs`
/// (float64, in the same order) on the graph it is given; it must be deterministic.
GradientCheck check_gradients(const std::function<Var(Graph&, std::span<const Var>)>& loss,
                              std::span<Tensor> inputs, std::span<Parameter* const> parameters = {},
                              double step = 1e-5);

}  // namespace unroll
