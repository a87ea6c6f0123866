// A step of Adam over consecutive weights, in float32.
#pragma once

#include <cstdint>

namespace unroll::kernels {

/// What is the same for all weights of a step t.
struct AdamStep {
  float beta1 = 0.9f, rest1 = 0.1f;     ///< and 1 - beta1
  float beta2 = 0.999f, rest2 = 1e-3f;  ///< and 1 - beta2
  float scale = 1;                      ///< of the gradients, which clipping asks for
  float decay = 0;                      ///< of the weights that is added to the gradients
  float keep = 1;                       ///< of the weights before the step is taken
  float rate = 1e-3f;                   ///< learning rate / (1 - beta1^t)
  float root = 1;                       ///< 1 / sqrt(1 - beta2^t)
  float epsilon = 1e-8f;
};

/// g = scale * gradient + decay * w;  m = beta1 m + rest1 g;  v = beta2 v + rest2 g²;
/// w = keep * w - rate * m / (sqrt(v) * root + epsilon). Computed in the calling thread; none of
/// the arrays overlap. What is computed of a weight does not depend on where it stands.
void adam(const AdamStep& step, std::int64_t n, const float* gradient, float* m, float* v,
          float* w);

}  // namespace unroll::kernels
