#include <unroll/tensor/pool.hpp>

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <new>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define UNROLL_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNROLL_ADDRESS_SANITIZER 1
#endif
#endif
#ifdef UNROLL_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace unroll {
namespace {

// Memory on a free list is poisoned for the address sanitizer, so that a stale tensor is caught
// although the system never gets its memory back. The first bytes hold the list's link, which the
// leak sanitizer must be able to follow.
void poison([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef UNROLL_ADDRESS_SANITIZER
  if (bytes > Pool::kAlignment) {
    ASAN_POISON_MEMORY_REGION(static_cast<std::byte*>(memory) + Pool::kAlignment,
                              bytes - Pool::kAlignment);
  }
#endif
}
void unpoison([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t bytes) {
#ifdef UNROLL_ADDRESS_SANITIZER
  ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
#endif
}

// From this size on blocks are asked to consist of large pages, where the system has them: kernels
// walk through matrices with strides that ordinary pages are too many for.
constexpr std::size_t kLargePage = std::size_t{1} << 21;

std::align_val_t alignment_of(std::size_t bytes) {
  return std::align_val_t{bytes >= 2 * kLargePage ? kLargePage : Pool::kAlignment};
}

void* ask_system(std::size_t bytes) {
  void* const memory = ::operator new(bytes, alignment_of(bytes));
#ifdef MADV_HUGEPAGE
  if (bytes >= 2 * kLargePage) madvise(memory, bytes / kLargePage * kLargePage, MADV_HUGEPAGE);
#endif
  return memory;
}

}  // namespace

// Bucket 4 k + q holds (4 + q) * 2^k * 16 bytes: 64, 80, 96, 112, 128, 160, … rounded up to the
// alignment where it matters (below 256 bytes only multiples of 64 are used).
std::size_t Pool::bucket_of(std::size_t bytes) noexcept {
  bytes = std::max<std::size_t>(bytes, 64);
  if (bytes < 256) bytes = (bytes + 63) / 64 * 64;
  const std::size_t units = (bytes + 15) / 16;  // >= 4
  auto shift = static_cast<std::size_t>(std::bit_width(units)) - 3;
  std::size_t quarter = (units + (std::size_t{1} << shift) - 1) >> shift;  // 4 … 8
  if (quarter == 8) {
    quarter = 4;
    ++shift;
  }
  return 4 * shift + quarter - 4;
}

std::size_t Pool::bytes_of(std::size_t bucket) noexcept {
  return (4 + bucket % 4) * (std::size_t{16} << (bucket / 4));
}

Pool::Shelf& Pool::own() noexcept {
  static std::atomic<std::size_t> threads = 0;
  thread_local const std::size_t index = threads.fetch_add(1, std::memory_order_relaxed) % kShelves;
  return shelves_[index];
}

void* Pool::take_from(Shelf& shelf, std::size_t bucket) noexcept {
  const std::lock_guard lock(shelf.mutex);
  Free* const block = shelf.free[bucket];
  if (block == nullptr) return nullptr;
  unpoison(block, bytes_of(bucket));
  shelf.free[bucket] = block->next;
  shelf.statistics.in_use += static_cast<std::int64_t>(bytes_of(bucket));
  return block;
}

void* Pool::take(std::size_t bytes) {
  if (bytes > (std::size_t{1} << 60)) throw std::bad_alloc();
  const std::size_t bucket = bucket_of(bytes);
  Shelf& mine = own();
  if (void* const block = take_from(mine, bucket)) return block;
  for (Shelf& shelf : shelves_)
    if (void* const block = take_from(shelf, bucket)) return block;
  const std::size_t whole = bytes_of(bucket);
  void* const memory = ask_system(whole);
  const std::lock_guard lock(mine.mutex);
  mine.statistics.reserved += static_cast<std::int64_t>(whole);
  mine.statistics.in_use += static_cast<std::int64_t>(whole);
  ++mine.statistics.system_calls;
  return memory;
}

void Pool::give(void* memory, std::size_t bytes) noexcept {
  const std::size_t bucket = bucket_of(bytes);
  const std::size_t whole = bytes_of(bucket);
  Shelf& mine = own();
  const std::lock_guard lock(mine.mutex);
  mine.free[bucket] = new (memory) Free{mine.free[bucket]};
  poison(memory, whole);
  mine.statistics.in_use -= static_cast<std::int64_t>(whole);
}

PoolStatistics Pool::statistics() const {
  PoolStatistics sum;
  for (const Shelf& shelf : shelves_) {
    const std::lock_guard lock(shelf.mutex);
    sum.in_use += shelf.statistics.in_use;
    sum.reserved += shelf.statistics.reserved;
    sum.system_calls += shelf.statistics.system_calls;
  }
  return sum;
}

void Pool::trim() noexcept {
  for (Shelf& shelf : shelves_) {
    const std::lock_guard lock(shelf.mutex);
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      while (Free* block = shelf.free[bucket]) {
        unpoison(block, bytes_of(bucket));
        shelf.free[bucket] = block->next;
        ::operator delete(block, alignment_of(bytes_of(bucket)));
        shelf.statistics.reserved -= static_cast<std::int64_t>(bytes_of(bucket));
      }
    }
  }
#ifdef __GLIBC__
  malloc_trim(0);  // which keeps what it got back otherwise
#endif
}

Pool::~Pool() {
  trim();
}

}  // namespace unroll
