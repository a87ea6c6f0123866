// The confusion matrix of a classifier and the figures that are read off it, as scikit-learn's
// sklearn.metrics defines them with zero_division=0.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace unroll::metrics {

/// Entry (t, p) counts the examples of class t that were taken for class p.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::int64_t classes);
  /// Of all examples; labels are 0 … classes-1. Throws Error(usage) on any other label or if there
  /// are not as many predictions as targets.
  ConfusionMatrix(std::int64_t classes, std::span<const std::int32_t> predictions,
                  std::span<const std::int32_t> targets);

  void add(std::int32_t prediction, std::int32_t target);

  std::int64_t classes() const noexcept { return classes_; }
  std::int64_t count(std::int64_t target, std::int64_t prediction) const;
  /// [classes, classes], row by row: rows are targets, columns predictions.
  const std::vector<std::int64_t>& counts() const noexcept { return counts_; }
  std::int64_t examples() const;
  std::int64_t support(std::int64_t target) const;        ///< examples of this class
  std::int64_t predicted(std::int64_t prediction) const;  ///< examples taken for this class

  double accuracy() const;
  double precision(std::int64_t c) const;  ///< of what was taken for c, the share that is c
  double recall(std::int64_t c) const;     ///< of what is c, the share taken for c
  double f1(std::int64_t c) const;         ///< 2 TP / (2 TP + FP + FN)

  /// The mean over the classes that occur among targets or predictions.
  double macro_precision() const;
  double macro_recall() const;
  double macro_f1() const;
  /// The mean recall of the classes that occur among the targets.
  double balanced_accuracy() const;

 private:
  template <typename Figure>
  double macro(Figure figure) const;

  std::int64_t classes_;
  std::vector<std::int64_t> counts_;
};

}  // namespace unroll::metrics
