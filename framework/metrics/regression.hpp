// How far predicted numbers are from their targets.
#pragma once

#include <cstdint>
#include <span>

namespace unroll::metrics {

/// Sums over all predictions of all batches:
///
///   RMSE = √( Σ (y - ŷ)² / n )     MAE = Σ |y - ŷ| / n     R² = 1 - Σ (y - ŷ)² / Σ (y - mean y)²
class Regression {
 public:
  void add(double prediction, double target);
  /// Throws Error(usage) if there are not as many predictions as targets.
  void add(std::span<const float> predictions, std::span<const float> targets);
  void add(std::span<const double> predictions, std::span<const double> targets);

  std::int64_t count() const noexcept { return count_; }
  double root_mean_square_error() const;
  double mean_absolute_error() const;
  /// Where all targets are equal: 1 if every prediction is exact, else 0 (as scikit-learn).
  double r_squared() const;

 private:
  std::int64_t count_ = 0;
  double squares_ = 0, magnitudes_ = 0;  ///< of the errors
  double mean_ = 0, spread_ = 0;         ///< of the targets; spread is Σ (y - mean y)²
};

}  // namespace unroll::metrics
