// Packing: where the steps of sequences of different lengths lie when the steps that a sequence
// does not have are not stored.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <unroll/tensor/tensor.hpp>

namespace unroll {

/// N lanes of [T, N, F], sorted by falling length, become rows [R, F], R the sum of the lengths:
/// step 0 of every lane, then step 1 of the lanes that have one, and so on. The lanes of a step
/// are always the first few, so whole steps stay in one piece.
class Packing {
 public:
  /// Consecutive steps of the same lanes: steps * lanes rows, a [steps, lanes, F] of their own.
  struct Run {
    std::int64_t steps, lanes;
  };

  /// A length for each lane, 0 … steps, none longer than the one before it. Throws
  /// std::invalid_argument naming the lane otherwise.
  Packing(std::int64_t steps, std::span<const std::int32_t> lengths);

  std::int64_t steps() const { return places_.dim(0); }
  std::int64_t lanes() const { return places_.dim(1); }
  std::int64_t rows() const { return origins_.size(); }
  std::span<const Run> runs() const noexcept { return runs_; }

  // Tables of numbers (i32), made once.
  /// [T, N]: the row of each step, -1 beyond a lane's length.
  const Tensor& places() const noexcept { return places_; }
  /// [R]: t * N + n of each row.
  const Tensor& origins() const noexcept { return origins_; }
  /// [R]: the row of the same lane as far from its end as this one is from its beginning.
  const Tensor& mirrored() const noexcept { return mirrored_; }
  /// [R]: n.
  const Tensor& lane_of() const noexcept { return lane_of_; }

 private:
  Tensor places_, origins_, mirrored_, lane_of_;
  std::vector<Run> runs_;
};

}  // namespace unroll
