// Optimizer: from gradients to new weights. The contract of optimizer plugins.
#pragma once

#include <cstdint>
#include <span>

#include <unroll/core/archive.hpp>

namespace unroll {

struct UpdateStep {
  double learning_rate;   ///< after the schedule
  double gradient_scale;  ///< multiplies every gradient (clipping by norm, averaging)
  std::int64_t number;    ///< 1 for the first update
};

/// Constructed as Optimizer(const Options&). Works on one flat arena, so that an update is one
/// pass over memory; ElementwiseOptimizer makes that pass for rules that treat every weight alike.
/// Gaps between parameters have zero gradients and must stay zero.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// The learning rate before any schedule.
  virtual double learning_rate() const = 0;
  virtual void update(std::span<float> weights, std::span<const float> gradients,
                      const UpdateStep& step) = 0;
  /// The moments, to resume to the bit.
  virtual Archive save() const = 0;
  virtual void restore(const Archive& state) = 0;
};

}  // namespace unroll
