// The output layer of a language model and its loss as one operation.
#pragma once

#include <unroll/autodiff/ops.hpp>

namespace unroll {

/// cross_entropy(affine(x, w, b), targets): x [..., K], w [K, V], b [V], targets [...] (i32).
/// In float32 the logits are made, turned into their gradient and multiplied back block by block,
/// so that no more than a block of them is ever in memory; on a tape that records, that is done
/// going forward, and going back only scales. Otherwise it is
/// those two operations.
CrossEntropy linear_cross_entropy(Var x, Var w, Var b, const Tensor& targets);

}  // namespace unroll
