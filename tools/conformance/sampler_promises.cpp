#include "sampler_promises.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace unroll::conformance {

std::vector<double> Truncation::probabilities(std::span<const float> logits) const {
  std::vector<std::size_t> order(logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order,
                           [&](std::size_t a, std::size_t b) { return logits[a] > logits[b]; });
  std::vector<double> weights;  // likeliest first, relative to it
  for (const std::size_t id : order) {
    const double below =
        static_cast<double>(logits[id]) - static_cast<double>(logits[order.front()]);
    weights.push_back(below == 0 ? 1 : std::exp(below / temperature));
  }
  std::size_t kept = weights.size();
  if (top_k > 0) kept = std::min(kept, static_cast<std::size_t>(top_k));
  if (top_p < 1) {
    const double total =
        std::accumulate(weights.begin(), weights.begin() + static_cast<std::ptrdiff_t>(kept), 0.0);
    double sum = 0;
    std::size_t enough = 0;
    while (enough < kept && sum < top_p * total) sum += weights[enough++];
    kept = enough;
  }
  while (kept > 1 && weights[kept - 1] < min_p) --kept;
  weights.resize(kept);
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> all(logits.size());
  for (std::size_t i = 0; i < kept; ++i) all[order[i]] = weights[i] / total;
  return all;
}

std::optional<Truncation> promised(const Examination& examination, const Node& options) {
  Truncation truncation;
  bool named = false;
  const Node all = examination.choice(options).options;
  for (const OptionDescription& option : examination.description().options) {
    if (option.type != "number" && option.type != "integer") continue;
    const Node* given = all.find(option.name);
    const double value = std::strtod(
        given != nullptr ? given->text().c_str() : option.default_value.c_str(), nullptr);
    if (option.name == "temperature") {
      named = true;
      truncation.temperature = value;
    } else if (option.name == "top_k") {
      truncation.top_k = static_cast<std::int64_t>(value);
    } else if (option.name == "top_p") {
      truncation.top_p = value;
    } else if (option.name == "min_p") {
      truncation.min_p = value;
    } else {
      return {};
    }
  }
  if (!named) return {};
  return truncation;
}

}  // namespace unroll::conformance
