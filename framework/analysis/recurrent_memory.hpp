// Recurrent memory: how far back a loss reaches, and how much of the time gates stand at a limit.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <unroll/model/architecture.hpp>

namespace unroll {

/// How much of the time a gate stood near its limits (within 0.1, as in Karpathy et al. 2015,
/// arXiv 1506.02078), over all units, steps and sequences.
struct Saturation {
  double low = 0, high = 0;
};

/// One layer in one direction.
struct LayerMemory {
  /// For each part of the state ("h", "c"), in the cell's order, [L]: the norm of the gradient of
  /// the loss at the last step with respect to the state k steps before, the mean over the
  /// sequences that are so long; NaN at lags that none reaches. Lag 0 is the last step on which the
  /// loss depends.
  std::vector<std::pair<std::string, std::vector<double>>> gradient_by_lag;
  std::map<std::string, Saturation> saturated;  ///< by gate
};

/// By the path of the layer's parameters, "recurrence/layer0/forward".
using RecurrentMemory = std::map<std::string, LayerMemory>;

/// Runs a batch step by step, without dropout and from a zero state, and its loss backwards: that
/// of each sequence's last target alone, where it predicts tokens. What is at least `lags` steps
/// back is left out. Adds to the gradients of the parameters; changes nothing else.
RecurrentMemory recurrent_memory(Architecture& architecture, const Batch& batch, std::int64_t lags);

/// The mean lag, sum of k |g_k| / sum of |g_k|: a gradient that falls as exp(-k/s) gives about s.
/// NaN of no gradient at all; lags that are NaN do not count.
double memory_length(const std::vector<double>& gradient_by_lag);

}  // namespace unroll
