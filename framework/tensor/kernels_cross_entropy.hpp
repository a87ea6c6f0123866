// Softmax and cross-entropy of a block of logits while it is in the cache: one pass over memory
// from the product that made the logits to their gradient.
#pragma once

#include <cstdint>

namespace unroll::kernels {

/// Rows of logits, bias and the bias's gradient are read and written in units of so many floats.
constexpr std::int64_t kLogitPadding = 16;
constexpr std::int64_t padded_classes(std::int64_t classes) {
  return (classes + kLogitPadding - 1) / kLogitPadding * kLogitPadding;
}

/// Rows of logits less their bias, `stride` (at least padded_classes) apart. Computed in the
/// calling thread.
struct LogitRows {
  std::int64_t rows = 0, classes = 0, stride = 0;
  /// In: x W. Out: the gradient of the sum of losses times `scale`, or with `bias_gradient` null
  /// anything.
  float* logits = nullptr;
  const float* bias = nullptr;            ///< [padded_classes]
  const std::int32_t* targets = nullptr;  ///< [rows], below `classes`; negative: does not count
  float scale = 1;
  /// [padded_classes], added to; null: no gradients are wanted.
  float* bias_gradient = nullptr;
};

/// losses [rows] = log sum exp(logits) - logits[target], 0 where the row does not count. Returns
/// how many targets were the likeliest class (the first, where several are).
std::int64_t softmax_cross_entropy(const LogitRows& block, float* losses);

}  // namespace unroll::kernels
