// What a tape says of NaN and infinity when an operation of it gave any. Private to this room; what
// is looked at and when is in anomaly.hpp.
#pragma once

#include <cstddef>
#include <span>

#include <unroll/autodiff/anomaly.hpp>
#include <unroll/autodiff/parameter.hpp>

namespace unroll {

class Graph;

namespace detail {

/// What an operation worked with.
struct Operand {
  const Tensor& value;
  const Parameter* parameter;  ///< null: it is none
  const Tensor* gradient;      ///< null: it has none
};

/// Throws if a result is not finite, naming the operation that is being put on a tape.
void check_forward(std::span<const Operand> results, std::span<const Operand> operands);
/// Throws if a gradient is not finite, naming operation `op` of this tape.
void check_backward(const Graph& graph, std::size_t op, std::span<const Operand> operands);
/// Keeps where operation `op` of this tape, the newest, is being asked for.
void remember_calls(const Graph& graph, std::size_t op);

}  // namespace detail
}  // namespace unroll
