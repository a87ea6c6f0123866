// What choosing a token costs beside the model: one pass over the logits of one step.
#pragma once

#include <cstdint>

namespace unroll::kernels {

/// The place of the largest, of equal ones the first; NaN is passed over. -1 where every one is NaN
/// or minus infinity.
std::int64_t largest_place(std::int64_t n, const float* x);

/// weights[i] = exp((x[i] - largest) / temperature), in double, to within 1 ulp: 1 for the largest
/// at any temperature, 0 for NaN and minus infinity. `largest` is finite.
void exponential_weights(std::int64_t n, const float* x, float largest, double temperature,
                         double* weights);

}  // namespace unroll::kernels
