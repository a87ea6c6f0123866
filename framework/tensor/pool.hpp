// Pool: memory that tensors come from and go back to. Nothing is returned to the system, so a
// training step that has run once runs again without asking for any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace unroll {

/// What a pool has handed out, in bytes of whole buckets.
struct PoolStatistics {
  std::int64_t in_use = 0;        ///< held by tensors now
  std::int64_t reserved = 0;      ///< taken from the system, in use or free
  std::int64_t system_calls = 0;  ///< how often the system was asked; constant in steady state
};

/// Free lists by size. Sizes are rounded up to four buckets per power of two, which wastes at
/// most a quarter. Thread safe; every block is 64-byte aligned. Each thread gives to and takes from
/// lists of its own first, so that threads with tapes of their own do not wait for one another.
class Pool {
 public:
  static constexpr std::size_t kAlignment = 64;

  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();

  /// At least `bytes` of uninitialised memory. Throws std::bad_alloc.
  void* take(std::size_t bytes);
  /// Gives back what `take(bytes)` returned.
  void give(void* memory, std::size_t bytes) noexcept;

  PoolStatistics statistics() const;
  /// Returns all free memory to the system (after a model has been destroyed).
  void trim() noexcept;

 private:
  struct Free {
    Free* next;
  };
  static constexpr std::size_t kBuckets = 256, kShelves = 16;
  /// The lists of one thread, or of a few where there are more threads than shelves.
  struct alignas(kAlignment) Shelf {
    mutable std::mutex mutex;
    std::array<Free*, kBuckets> free{};
    PoolStatistics statistics;  ///< what is taken here and given there cancels out in the sum
  };
  static std::size_t bucket_of(std::size_t bytes) noexcept;
  static std::size_t bytes_of(std::size_t bucket) noexcept;
  Shelf& own() noexcept;
  /// A free block of this shelf, or null.
  static void* take_from(Shelf& shelf, std::size_t bucket) noexcept;

  std::array<Shelf, kShelves> shelves_;
};

}  // namespace unroll
