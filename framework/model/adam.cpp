#include <unroll/model/adam.hpp>

#include <cmath>

#include <unroll/tensor/kernels_adam.hpp>

namespace unroll {

void AdamOptimizer::apply(const UpdateStep& step, const Piece& piece) const {
  const double beta1 = options_.beta1, beta2 = options_.beta2, decay = options_.weight_decay;
  const auto t = static_cast<double>(step.number);
  kernels::AdamStep s;
  s.beta1 = static_cast<float>(beta1);
  s.rest1 = static_cast<float>(1 - beta1);
  s.beta2 = static_cast<float>(beta2);
  s.rest2 = static_cast<float>(1 - beta2);
  s.scale = static_cast<float>(step.gradient_scale);
  s.decay = decoupled_ ? 0.0f : static_cast<float>(decay);
  s.keep = decoupled_ ? static_cast<float>(1 - step.learning_rate * decay) : 1.0f;
  s.rate = static_cast<float>(step.learning_rate / (1 - std::pow(beta1, t)));
  s.root = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, t)));
  s.epsilon = static_cast<float>(options_.epsilon);
  kernels::adam(s, static_cast<std::int64_t>(piece.size), piece.gradients, piece.moments[0],
                piece.moments[1], piece.weights);
}

}  // namespace unroll
