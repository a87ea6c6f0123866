#include <unroll/model/candidates.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <unroll/core/error.hpp>

namespace unroll {

TokenId likeliest(std::span<const float> logits) {
  std::size_t best = logits.size();
  float highest = -std::numeric_limits<float>::infinity();
  for (std::size_t id = 0; id < logits.size(); ++id) {
    if (logits[id] > highest) {  // false for NaN
      highest = logits[id];
      best = id;
    }
  }
  if (best == logits.size())
    fail(Failure::diverged, "no token to choose: no logit is a finite number");
  return static_cast<TokenId>(best);
}

void weigh(std::span<const float> logits, double temperature, std::vector<Candidate>& candidates) {
  float highest = -std::numeric_limits<float>::infinity();
  for (const float logit : logits) highest = std::max(highest, logit);  // skips NaN
  if (!std::isfinite(highest))
    fail(Failure::diverged, "no token to choose: no logit is a finite number");
  candidates.clear();
  candidates.reserve(logits.size());
  for (std::size_t id = 0; id < logits.size(); ++id) {
    const double below = static_cast<double>(logits[id]) - static_cast<double>(highest);
    // Spelt out, since 0 / a denormal temperature must stay 1.
    const double weight = below == 0 ? 1 : std::exp(below / temperature);
    if (weight > 0) candidates.push_back({weight, static_cast<TokenId>(id)});
  }
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
