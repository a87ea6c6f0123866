// What is compared comes in pairs: hypotheses and references, predictions and targets.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace unroll::metrics {

/// Throws Error(usage) if there are not as many of one as of the other.
void check_pairs(const char* metric, std::size_t hypotheses, std::size_t references);
/// The same, where each hypothesis has a list of references; none may be empty.
void check_pairs(const char* metric, std::size_t hypotheses,
                 std::span<const std::vector<std::string>> references);

/// a / b, and 0 where there is nothing to divide by.
inline double ratio(double a, double b) {
  return b > 0 ? a / b : 0;
}
template <typename A, typename B>
double ratio(A a, B b) {
  return ratio(static_cast<double>(a), static_cast<double>(b));
}

}  // namespace unroll::metrics
