#include <unroll/model/elementwise_optimizer.hpp>

#include <stdexcept>
#include <utility>

#include <unroll/core/error.hpp>
#include <unroll/tensor/parallel.hpp>

namespace unroll {
namespace {

constexpr std::int64_t kGrain = 1 << 16;  // less is done before a second thread wakes

}  // namespace

ElementwiseOptimizer::ElementwiseOptimizer(double learning_rate, std::vector<std::string> moments)
    : rate_(learning_rate), moments_(std::move(moments)) {
  if (moments_.count() > kMostMoments)
    throw std::invalid_argument(fmt::format("an optimizer keeps at most {} moments, not {}",
                                            kMostMoments, moments_.count()));
}

void ElementwiseOptimizer::update(std::span<float> weights, std::span<const float> gradients,
                                  const UpdateStep& step) {
  std::array<float*, kMostMoments> moments{};
  for (std::size_t k = 0; k < moments_.count(); ++k)
    moments[k] = moments_.get(k, weights.size()).data();
  const auto count = static_cast<std::int64_t>(weights.size());
  parallel_chunks(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    Piece piece{static_cast<std::size_t>(end - begin),
                weights.data() + begin,
                gradients.data() + begin,
                {}};
    for (std::size_t k = 0; k < moments_.count(); ++k) piece.moments[k] = moments[k] + begin;
    apply(step, piece);
  });
}

}  // namespace unroll
