#include <unroll/model/class_weights.hpp>

#include <algorithm>
#include <numeric>

namespace unroll {

Tensor balanced_weights(const std::vector<std::int64_t>& counts, DType type) {
  const double all = static_cast<double>(std::accumulate(counts.begin(), counts.end(), 0LL));
  const auto occurring = static_cast<double>(
      std::count_if(counts.begin(), counts.end(), [](auto n) { return n > 0; }));
  Tensor weights = Tensor::full(Shape{static_cast<std::int64_t>(counts.size())}, 1, DType::f64);
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0)
      weights.data<double>()[i] = all / (occurring * static_cast<double>(counts[i]));
  return weights.to(type);
}

void set_mean_loss(Outcome& outcome, const CrossEntropy& entropy, Var logits, const Tensor& targets,
                   const Tensor& weights) {
  if (!weights.defined()) {
    outcome.loss =
        (1.0 / static_cast<double>(std::max<std::int64_t>(entropy.counted, 1))) * entropy.total;
    return;
  }
  const CrossEntropy weighted = cross_entropy(logits, targets, {weights});
  outcome.weight = std::max(weighted.weight, 1e-12);
  outcome.loss = (1.0 / outcome.weight) * weighted.total;
}

}  // namespace unroll
