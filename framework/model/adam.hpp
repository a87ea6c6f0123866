// Adam's rule, which `adam` and `adamw` share.
#pragma once

#include <unroll/model/elementwise_optimizer.hpp>

#include <unroll/config/schema.hpp>

namespace unroll {

/// Base of their options; each has its own default and meaning of `weight_decay`.
struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;

  /// Adds all but `weight_decay` to the schema of options derived from these.
  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("learning_rate", &O::learning_rate, "before any schedule").above(0);
    schema.option("beta1", &O::beta1, "decay of the gradient's average").range(0, 0.999999);
    schema.option("beta2", &O::beta2, "decay of the square's average").range(0, 0.999999);
    schema.option("epsilon", &O::epsilon, "added after the square root").at_least(0);
  }
};

/// Adam (Kingma and Ba 2015, arXiv 1412.6980) as PyTorch computes it:
///   m = beta1 m + (1 - beta1) g        v = beta2 v + (1 - beta2) g^2
///   w = w - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
/// Weight decay is added to the gradient, g + decay w, or, when decoupled (Loshchilov and Hutter
/// 2019, arXiv 1711.05101), taken off the weight first: w (1 - rate decay).
class AdamOptimizer : public ElementwiseOptimizer {
 protected:
  AdamOptimizer(const AdamOptions& options, bool decoupled)
      : ElementwiseOptimizer(options.learning_rate, {"m", "v"}),
        options_(options),
        decoupled_(decoupled) {}

 private:
  void apply(const UpdateStep& step, const Piece& piece) const final;

  AdamOptions options_;
  bool decoupled_;
};

}  // namespace unroll
