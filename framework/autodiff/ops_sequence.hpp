// Differentiable operations on sequences of different lengths. Part of ops.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <unroll/autodiff/graph.hpp>
#include <unroll/autodiff/packing.hpp>

namespace unroll {

class RandomStream;

// ---- packed sequences ------------------------------------------------------------------------
/// x [T, N, F] -> rows [R, F] without the steps beyond a lane's length. One-hot x stays one-hot.
Var pack(Var x, const Packing& packing);
/// Rows [R, F] -> [T, N, F], zero beyond a lane's length.
Var unpack(Var rows, const Packing& packing);
/// Every sequence of packed rows backwards on its own. One-hot rows stay one-hot.
Var reverse_sequences(Var rows, const Packing& packing);
/// Dropout with one mask [N, F] for all steps of a lane, as that of `dropout` per sequence.
Var dropout(Var rows, double probability, RandomStream& random, const Packing& packing);

// ---- from time to one vector a lane: [T, N, F] -> [N, F]
// ----------------------------------------- `lengths` holds the steps of each lane, in any order;
// without them all T count. A lane of no steps gives zeros.
Var mean_over_time(Var x, std::span<const std::int32_t> lengths = {});
Var max_over_time(Var x, std::span<const std::int32_t> lengths = {});
/// x at each lane's last step.
Var last_step(Var x, std::span<const std::int32_t> lengths = {});
/// The same x [N, F] at every step: [steps, N, F]. Adding or multiplying needs no repeating.
Var repeat_time(Var x, std::int64_t steps);

// ---- pieces of the leading dimension ---------------------------------------------------------
/// Consecutive pieces of so many rows, which must add up to x's. The values are views.
std::vector<Var> split_rows(Var x, std::span<const std::int64_t> sizes);
/// Joined along the leading dimension.
Var join_rows(std::span<const Var> parts);

}  // namespace unroll
