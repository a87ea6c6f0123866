// Ranks: processes that train one model together, each on its share of every batch.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace unroll {

/// All ranks call the same functions in the same order, one at a time. A call returns once all have
/// made it, and throws std::runtime_error where the others cannot be reached.
class Ranks {
 public:
  virtual ~Ranks() = default;

  virtual int rank() const noexcept = 0;  ///< from 0; that one writes the run file
  virtual int size() const noexcept = 0;
  virtual int neighbours() const noexcept = 0;  ///< on this machine, this one included

  /// Sums over the ranks, in place: the same bits on all of them, and in every run of as many.
  virtual void sum(std::span<double> values) = 0;
  virtual void sum(std::span<float> values) = 0;
  /// What each rank gives, one after another in their order.
  virtual std::vector<std::byte> join(std::span<const std::byte> mine) = 0;
  /// Until all are here.
  virtual void wait() = 0;
  /// From another thread: what waits for the others throws instead, now and later.
  virtual void abandon() noexcept = 0;
};

}  // namespace unroll
