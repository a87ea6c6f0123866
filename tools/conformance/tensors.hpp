// What checks that compute share: random tensors, comparisons, growth of memory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <unroll/autodiff/ops.hpp>
#include <unroll/model/parameters.hpp>

namespace unroll::conformance {

/// Uniform in ±scale, by name and seed alone.
Tensor random_tensor(const Shape& shape, const std::string& name, DType type, std::uint64_t seed,
                     double scale = 1.0);

/// Every parameter random, so that none is zero or symmetric by its initializer.
void randomise(ParameterStore& store, std::uint64_t seed, double scale = 0.7);

/// sum(a * weights), with weights fixed by name: a scalar that every element has a part in.
Var weighted(Graph& graph, Var a, const std::string& name, std::uint64_t seed);

/// Where two tensors differ the most.
struct Difference {
  double distance = 0;  ///< |a - b| / max |b|; infinite where one is NaN
  std::string where;    ///< "[0, 2, 1]"
  double a = 0, b = 0;  ///< the values there
};
/// Shapes that differ are infinitely far from each other.
Difference difference(const Tensor& a, const Tensor& b);

/// "outputs [0, 2] is 0.12 looped and 0.43 unrolled"; nothing within the tolerance.
std::optional<std::string> differs(const std::string& what, const Tensor& a,
                                   const std::string& of_a, const Tensor& b,
                                   const std::string& of_b, double tolerance);

/// The first element that is NaN or infinite: "outputs [0, 2] is nan"; nothing if there is none.
std::optional<std::string> not_finite(const std::string& what, const Tensor& tensor);

/// Bytes in use: of the tensors' pool and of the heap (0 where a sanitizer counts for itself).
struct MemoryInUse {
  std::int64_t tensors, heap;
};
MemoryInUse memory_in_use();

/// Calls `once` again and again; how memory grows, if it goes on growing: "5,120 bytes each time".
std::optional<std::string> growth(const std::function<void()>& once, int warm_up = 16);

}  // namespace unroll::conformance
