// How much arithmetic matrix products were, so that a benchmark can say how well they use the
// processor: the products that were asked for, however a kernel computes them. Elementwise work,
// products in double (gradient checks) and rows gathered for one-hot input do not count.
#pragma once

#include <cstdint>

namespace unroll {

/// Adds a product of [M, K] and [K, N]: 2 M N K operations. Every kernel that computes products
/// calls it once, from whichever thread; it costs a few nanoseconds.
void count_product(std::int64_t M, std::int64_t N, std::int64_t K) noexcept;

/// Multiplications and additions so far, of all threads.
std::int64_t product_operations() noexcept;

}  // namespace unroll
