// Adam's rule, which `adam` and `adamw` share.
#pragma once

#include <unroll/model/elementwise_optimizer.hpp>

namespace unroll {

/// Adam (Kingma and Ba 2015, arXiv 1412.6980) as PyTorch computes it:
///   m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
///   w = w - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
/// Weight decay is added to the gradient, g + decay w, or, when decoupled (Loshchilov and Hutter
/// 2019, arXiv 1711.05101), taken off the weight first: w (1 - rate decay).
class AdamOptimizer : public ElementwiseOptimizer {
 protected:
  struct Rule {
    double beta1, beta2, epsilon, weight_decay;
    bool decoupled;
  };
  AdamOptimizer(double learning_rate, const Rule& rule)
      : ElementwiseOptimizer(learning_rate, {"m", "v"}), rule_(rule) {}

 private:
  void apply(const UpdateStep& step, const Piece& piece) const final;

  Rule rule_;
};

}  // namespace unroll
