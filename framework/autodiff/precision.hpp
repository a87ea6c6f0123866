// Precision: in what the operands of large matrix products are held.
#pragma once

#include <cstdint>

namespace unroll {

/// bf16 is mixed precision: operands of products are rounded to bfloat16, while sums, weights,
/// states, everything pointwise, gradients and losses stay float32.
enum class Precision : std::uint8_t { f32, bf16 };

}  // namespace unroll
