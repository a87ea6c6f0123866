#include <unroll/model/candidates.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <unroll/core/error.hpp>
#include <unroll/tensor/kernels_sampling.hpp>

namespace unroll {
namespace {

[[noreturn]] void fail_without_tokens() {
  fail(Failure::diverged, "no token to choose: no logit is a finite number");
}

}  // namespace

TokenId likeliest(std::span<const float> logits) {
  const std::int64_t place = kernels::largest_place(std::ssize(logits), logits.data());
  if (place < 0) fail_without_tokens();
  return static_cast<TokenId>(place);
}

void weigh(std::span<const float> logits, double temperature, std::vector<Candidate>& candidates) {
  const std::int64_t count = std::ssize(logits);
  const std::int64_t place = kernels::largest_place(count, logits.data());
  if (place < 0 || !std::isfinite(logits[static_cast<std::size_t>(place)])) fail_without_tokens();
  const float highest = logits[static_cast<std::size_t>(place)];
  candidates.resize(logits.size());
  std::size_t kept = 0;
  constexpr std::int64_t kAtOnce = 64;
  std::array<double, kAtOnce> weights;
  for (std::int64_t first = 0; first < count; first += kAtOnce) {
    const std::int64_t several = std::min(kAtOnce, count - first);
    kernels::exponential_weights(several, logits.data() + first, highest, temperature,
                                 weights.data());
    for (std::int64_t i = 0; i < several; ++i) {
      const double weight = weights[static_cast<std::size_t>(i)];
      candidates[kept] = {weight, static_cast<TokenId>(first + i)};
      kept += weight > 0 ? 1 : 0;
    }
  }
  candidates.resize(kept);
}

double total_weight(std::span<const Candidate> candidates) {
  double total = 0;
  for (const Candidate& c : candidates) total += c.weight;
  return total;
}

const Candidate& draw(std::span<const Candidate> candidates, RandomStream& random) {
  const double aim = random.uniform() * total_weight(candidates);
  double sum = 0;
  for (const Candidate& c : candidates) {
    sum += c.weight;
    if (sum > aim) return c;
  }
  return candidates.back();  // rounding: aim was total itself
}

}  // namespace unroll
