#include <unroll/metrics/confusion.hpp>

#include <numeric>

#include <unroll/core/error.hpp>
#include <unroll/metrics/pairs.hpp>

namespace unroll::metrics {

ConfusionMatrix::ConfusionMatrix(std::int64_t classes)
    : classes_(classes), counts_(static_cast<std::size_t>(classes * classes)) {}

ConfusionMatrix::ConfusionMatrix(std::int64_t classes, std::span<const std::int32_t> predictions,
                                 std::span<const std::int32_t> targets)
    : ConfusionMatrix(classes) {
  check_pairs("confusion matrix", predictions.size(), targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) add(predictions[i], targets[i]);
}

void ConfusionMatrix::add(std::int32_t prediction, std::int32_t target) {
  for (const std::int32_t label : {prediction, target})
    if (label < 0 || label >= classes_)
      fail(Failure::usage, "confusion matrix: label {} is none of 0 to {}", label, classes_ - 1);
  ++counts_[static_cast<std::size_t>(target * classes_ + prediction)];
}

std::int64_t ConfusionMatrix::count(std::int64_t target, std::int64_t prediction) const {
  return counts_[static_cast<std::size_t>(target * classes_ + prediction)];
}

std::int64_t ConfusionMatrix::examples() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

std::int64_t ConfusionMatrix::support(std::int64_t target) const {
  std::int64_t sum = 0;
  for (std::int64_t p = 0; p < classes_; ++p) sum += count(target, p);
  return sum;
}

std::int64_t ConfusionMatrix::predicted(std::int64_t prediction) const {
  std::int64_t sum = 0;
  for (std::int64_t t = 0; t < classes_; ++t) sum += count(t, prediction);
  return sum;
}

double ConfusionMatrix::accuracy() const {
  std::int64_t right = 0;
  for (std::int64_t c = 0; c < classes_; ++c) right += count(c, c);
  return ratio(right, examples());
}

double ConfusionMatrix::precision(std::int64_t c) const {
  return ratio(count(c, c), predicted(c));
}

double ConfusionMatrix::recall(std::int64_t c) const {
  return ratio(count(c, c), support(c));
}

double ConfusionMatrix::f1(std::int64_t c) const {
  return ratio(2 * count(c, c), support(c) + predicted(c));
}

template <typename Figure>
double ConfusionMatrix::macro(Figure figure) const {
  double sum = 0;
  std::int64_t present = 0;
  for (std::int64_t c = 0; c < classes_; ++c) {
    if (support(c) + predicted(c) == 0) continue;
    sum += (this->*figure)(c);
    ++present;
  }
  return ratio(sum, present);
}

double ConfusionMatrix::macro_precision() const {
  return macro(&ConfusionMatrix::precision);
}

double ConfusionMatrix::macro_recall() const {
  return macro(&ConfusionMatrix::recall);
}

double ConfusionMatrix::macro_f1() const {
  return macro(&ConfusionMatrix::f1);
}

double ConfusionMatrix::balanced_accuracy() const {
  double sum = 0;
  std::int64_t present = 0;
  for (std::int64_t c = 0; c < classes_; ++c) {
    sum += recall(c);
    present += support(c) > 0 ? 1 : 0;
  }
  return ratio(sum, present);
}

}  // namespace unroll::metrics
