#include <unroll/model/adam.hpp>

#include <cmath>

namespace unroll {

void AdamOptimizer::apply(const UpdateStep& step, const Piece& piece) const {
  const double beta1 = options_.beta1, beta2 = options_.beta2, decayed = options_.weight_decay;
  const auto t = static_cast<double>(step.number);
  const auto step_size = static_cast<float>(step.learning_rate / (1 - std::pow(beta1, t)));
  const auto root = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, t)));
  const auto scale = static_cast<float>(step.gradient_scale);
  const auto b1 = static_cast<float>(beta1), rest1 = static_cast<float>(1 - beta1);
  const auto b2 = static_cast<float>(beta2), rest2 = static_cast<float>(1 - beta2);
  const auto tiny = static_cast<float>(options_.epsilon);
  const float keep = decoupled_ ? static_cast<float>(1 - step.learning_rate * decayed) : 1.0f;
  const float decay = decoupled_ ? 0.0f : static_cast<float>(decayed);
  float* __restrict w = piece.weights;
  const float* __restrict gradient = piece.gradients;
  float* __restrict m = piece.moments[0];
  float* __restrict v = piece.moments[1];
#pragma omp simd
  for (std::size_t i = 0; i < piece.size; ++i) {
    const float g = scale * gradient[i] + decay * w[i];
    m[i] = b1 * m[i] + rest1 * g;
    v[i] = b2 * v[i] + rest2 * g * g;
    w[i] = keep * w[i] - step_size * m[i] / (std::sqrt(v[i]) * root + tiny);
  }
}

}  // namespace unroll
