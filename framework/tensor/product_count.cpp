#include <unroll/tensor/product_count.hpp>

#include <omp.h>

#include <array>
#include <atomic>
#include <cstddef>

namespace unroll {
namespace {

// A cache line for each thread of the team, so that threads do not wait for one another.
struct alignas(64) Count {
  std::atomic<std::int64_t> operations{0};
};
std::array<Count, 64> counts;

}  // namespace

void count_product(std::int64_t M, std::int64_t N, std::int64_t K) noexcept {
  const auto thread = static_cast<std::size_t>(omp_get_thread_num()) % counts.size();
  counts[thread].operations.fetch_add(2 * M * N * K, std::memory_order_relaxed);
}

std::int64_t product_operations() noexcept {
  std::int64_t sum = 0;
  for (const Count& count : counts) sum += count.operations.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace unroll
