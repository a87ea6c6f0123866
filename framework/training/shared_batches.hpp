// A rank's share of every batch.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include <unroll/training/batches.hpp>
#include <unroll/training/ranks.hpp>

namespace unroll {

/// Of `rows` rows, those of one rank: first and one past the last. Shares differ by one row at
/// most.
std::pair<std::int64_t, std::int64_t> share_of(std::int64_t rows, const Ranks& ranks);

/// Rows of a batch: N.
std::int64_t rows_of(const Batch& batch);

/// The batches of `whole`, of each the rows of this rank. A batch of fewer rows than there are
/// ranks leaves some with an empty one. Epochs and targets are counted as `whole` counts them.
std::unique_ptr<Batches> share_batches(std::unique_ptr<Batches> whole, const Ranks& ranks);

}  // namespace unroll
