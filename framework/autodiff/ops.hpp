// The differentiable operations; ops_sequence.hpp, ops_attention.hpp and ops_images.hpp have more.
// Shapes in brackets; every operation works in float32 and float64 and throws
// std::invalid_argument naming both shapes when they do not fit.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <unroll/autodiff/graph.hpp>
#include <unroll/autodiff/ops_attention.hpp>
#include <unroll/autodiff/ops_images.hpp>
#include <unroll/autodiff/ops_sequence.hpp>

namespace unroll {

class RandomStream;

// ---- elementwise; b has a's shape, or the end of it, or is a scalar [] --------------------------
// A row [F] goes with every row of a, [N, F] with every step of [T, N, F].
Var operator+(Var a, Var b);
Var operator-(Var a, Var b);
Var operator*(Var a, Var b);
Var operator*(double a, Var b);
Var operator+(double a, Var b);
Var operator-(double a, Var b);
Var operator-(Var a);
Var sigmoid(Var x);
Var tanh(Var x);
Var relu(Var x);
Var exp(Var x);
Var log(Var x);
Var softplus(Var x);
/// a * gate + b * (1 - gate), in one pass.
Var blend(Var gate, Var a, Var b);

// ---- products --------------------------------------------------------------------------------
/// x [..., K] times w [K, M] -> [..., M]. For one-hot x: rows of w.
Var matmul(Var x, Var w);
/// x [..., K] times the transpose of w [M, K] -> [..., M] (tied output weights).
Var matmul_transposed(Var x, Var w);
/// matmul(x, w) + b, with b [M].
Var affine(Var x, Var w, Var b);

// ---- shape -----------------------------------------------------------------------------------
Var reshape(Var x, const Shape& shape);
/// Columns begin … end-1 of the last dimension.
Var columns(Var x, std::int64_t begin, std::int64_t end);
/// The last dimension cut into `parts` equal pieces (the gates of a cell).
std::vector<Var> split(Var x, std::int64_t parts);
/// Joined along the last dimension.
Var concatenate(std::span<const Var> parts);
/// x[index] of the leading dimension: one time step of [T, N, F].
Var at(Var x, std::int64_t index);
/// Rows begin … end-1 of the leading dimension.
Var slice(Var x, std::int64_t begin, std::int64_t end);
/// T tensors [N, F] -> [T, N, F].
Var stack(std::span<const Var> steps);
/// The leading dimension in reverse order.
Var reverse_time(Var x);
/// The same value, cut off from the tape (truncated back-propagation).
Var detach(Var x);

// ---- reductions ------------------------------------------------------------------------------
Var sum(Var x);
Var mean(Var x);
Var softmax(Var x);
Var log_softmax(Var x);
/// Normalises the last dimension (Ba et al. 2016, arXiv 1607.06450); gain and bias [F].
Var layer_norm(Var x, Var gain, Var bias, double epsilon = 1e-5);

// ---- regularisation --------------------------------------------------------------------------
/// Inverted dropout: each element is zero with this probability, the rest scaled by 1/(1-p).
/// With `per_sequence` the mask of [T, N, F] is shared by all T (Gal and Ghahramani 2016).
Var dropout(Var x, double probability, RandomStream& random, bool per_sequence = false);

// ---- losses ----------------------------------------------------------------------------------
/// Sum over rows of -log softmax(logits)[target] in nats. logits [..., V], targets [...] (i32);
/// targets < 0 (padding) count for nothing. The maximum is subtracted, so large logits are safe.
struct CrossEntropy {
  Var total;                 ///< [] summed nats
  std::int64_t counted = 0;  ///< targets that were not ignored
  std::int64_t correct = 0;  ///< of these, where the largest logit was the target's
  double weight = 0;         ///< of these summed; total / weight is the weighted mean
};
struct CrossEntropyOptions {
  Tensor class_weights{};  ///< [V], of the logits' type: what a target of each class counts
  /// The part of a target that is spread evenly over all classes, in [0, 1) (Szegedy et al. 2016,
  /// arXiv 1512.00567, section 7).
  double label_smoothing = 0;
};
CrossEntropy cross_entropy(Var logits, const Tensor& targets,
                           const CrossEntropyOptions& options = {});
/// Sum of mask * (x - target)². targets as x; `mask`, of x's type and shape or without its last
/// dimension (a number a row), tells what each counts; undefined: 1. Where it is 0 the target may
/// be anything, NaN too.
struct SquaredError {
  Var total;          ///< []
  double weight = 0;  ///< the mask summed over all elements; total / weight is the mean
};
SquaredError squared_error(Var x, const Tensor& targets, const Tensor& mask = {});

}  // namespace unroll
