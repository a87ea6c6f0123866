// bfloat16: the upper half of a float32. It is how matrix products of mixed precision hold their
// operands, and nothing else: sums, states and weights stay float32.
#pragma once

#include <bit>
#include <cstdint>

namespace unroll {

using Bf16 = std::uint16_t;

/// To the nearest, ties to the even one; beyond the largest to infinity; NaN stays NaN.
constexpr Bf16 to_bf16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<Bf16>((bits >> 16) | 0x40U);
  return static_cast<Bf16>((bits + 0x7fffU + ((bits >> 16) & 1U)) >> 16);
}

constexpr float from_bf16(Bf16 value) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

}  // namespace unroll
