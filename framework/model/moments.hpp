// What optimizers share: moments that outlive a step, and the one loop over the arena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <unroll/core/archive.hpp>

namespace unroll {

/// Averages that an optimizer keeps for every weight, by name.
class Moments {
 public:
  explicit Moments(std::vector<std::string> names);
  /// Zero-filled when first asked for; `size` is that of the arena and never changes.
  std::span<float> get(std::size_t index, std::size_t size);
  Archive save() const;
  /// Throws Error(data) when the archive lacks one of the names.
  void restore(const Archive& archive);

 private:
  std::vector<std::string> names_;
  std::vector<std::vector<float>> values_;
};

/// Calls body(begin, end) for pieces that together are 0 … size-1, on all threads if it is worth
/// it. For elementwise work: the result does not depend on the pieces.
void in_pieces(std::size_t size, const std::function<void(std::size_t, std::size_t)>& body);

/// Adam (Kingma and Ba 2015, arXiv 1412.6980) as PyTorch computes it:
///   m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
///   w = w - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
/// Weight decay is added to the gradient, g + decay w, or, when decoupled (Loshchilov and Hutter
/// 2019, arXiv 1711.05101), taken off the weight first: w (1 - rate decay).
struct AdamRule {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight_decay = 0;
  bool decoupled = false;

  /// One step; t counts from 1, every gradient is multiplied by `gradient_scale` first.
  void update(std::span<float> weights, std::span<const float> gradients, Moments& moments,
              double rate, double gradient_scale, std::int64_t t) const;
};

}  // namespace unroll
