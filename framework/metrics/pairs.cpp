#include <unroll/metrics/pairs.hpp>

#include <unroll/core/error.hpp>

namespace unroll::metrics {

void check_pairs(const char* metric, std::size_t hypotheses, std::size_t references) {
  if (hypotheses != references)
    fail(Failure::usage, "{}: {} hypotheses beside {} references; give one to each", metric,
         hypotheses, references);
}

void check_pairs(const char* metric, std::size_t hypotheses,
                 std::span<const std::vector<std::string>> references) {
  check_pairs(metric, hypotheses, references.size());
  for (std::size_t i = 0; i < references.size(); ++i)
    if (references[i].empty())
      fail(Failure::usage, "{}: hypothesis {} has no reference", metric, i + 1);
}

}  // namespace unroll::metrics
