#include <unroll/metrics/regression.hpp>

#include <cmath>

#include <unroll/metrics/pairs.hpp>

namespace unroll::metrics {
namespace {

template <typename Real>
void add_all(Regression& regression, std::span<const Real> predictions,
             std::span<const Real> targets) {
  check_pairs("regression", predictions.size(), targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i)
    regression.add(static_cast<double>(predictions[i]), static_cast<double>(targets[i]));
}

}  // namespace

void Regression::add(double prediction, double target) {
  const double error = target - prediction;
  squares_ += error * error;
  magnitudes_ += std::abs(error);
  // Welford 1962: exact where the targets are large and near each other.
  ++count_;
  const double from_old_mean = target - mean_;
  mean_ += from_old_mean / static_cast<double>(count_);
  spread_ += from_old_mean * (target - mean_);
}

void Regression::add(std::span<const float> predictions, std::span<const float> targets) {
  add_all(*this, predictions, targets);
}

void Regression::add(std::span<const double> predictions, std::span<const double> targets) {
  add_all(*this, predictions, targets);
}

double Regression::root_mean_square_error() const {
  return std::sqrt(ratio(squares_, count_));
}

double Regression::mean_absolute_error() const {
  return ratio(magnitudes_, count_);
}

double Regression::r_squared() const {
  if (spread_ == 0) return squares_ == 0 && count_ > 0 ? 1 : 0;
  return 1 - squares_ / spread_;
}

}  // namespace unroll::metrics
