// ElementwiseOptimizer: the base of optimizers whose rule moves each weight by its own gradient and
// moments alone. It owns the moments and the one pass over the arena; the optimizer adds the rule.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <unroll/model/moments.hpp>
#include <unroll/model/optimizer.hpp>

namespace unroll {

class ElementwiseOptimizer : public Optimizer {
 public:
  double learning_rate() const final { return rate_; }
  void update(std::span<float> weights, std::span<const float> gradients,
              const UpdateStep& step) final;
  Archive save() const final { return moments_.save(); }
  void restore(const Archive& state) final { moments_.restore(state); }

 protected:
  static constexpr std::size_t kMostMoments = 4;

  /// Some of the weights, with what belongs to them: `size` of each.
  struct Piece {
    std::size_t size;
    float* weights;
    const float* gradients;
    std::array<float*, kMostMoments> moments;  ///< in the order of their names
  };

  /// `moments` names at most kMostMoments; each begins at zero.
  ElementwiseOptimizer(double learning_rate, std::vector<std::string> moments);

  /// The rule: one step of these weights. Called from several threads, each with other weights;
  /// must not throw.
  virtual void apply(const UpdateStep& step, const Piece& piece) const = 0;

 private:
  double rate_;
  Moments moments_;
};

}  // namespace unroll
