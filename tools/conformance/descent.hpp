// Descent: Adam on a model's packed parameters, for checks that something can be learnt.
#pragma once

#include <unroll/autodiff/graph.hpp>
#include <unroll/model/adam.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll::conformance {

class Descent {
 public:
  /// The store, packed, must outlive it.
  Descent(ParameterStore& store, double rate) : store_(store), rate_(rate) {}

  /// One update; the loss before it.
  double step(Graph& graph, Var loss) {
    const double before = *loss.value().to(DType::f64).data<double>();
    store_.zero_gradients();
    graph.backward(loss);
    adam_.update(store_.values(), store_.gradients(), {rate_, 1, ++steps_});
    return before;
  }
  Archive save() const { return adam_.save(); }
  void restore(const Archive& state, std::int64_t steps) {
    adam_.restore(state);
    steps_ = steps;
  }

 private:
  class Adam final : public AdamOptimizer {
   public:
    Adam() : AdamOptimizer({}, false) {}
  };
  ParameterStore& store_;
  double rate_;
  Adam adam_;
  std::int64_t steps_ = 0;
};

}  // namespace unroll::conformance
