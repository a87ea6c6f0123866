// A recurrence, step after step, with the lanes of the batch shared out to the threads: each works
// through all steps of its lanes on a tape of its own, forward and backward, and meets the others
// once a sequence instead of at every operation.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include <unroll/autodiff/graph.hpp>

namespace unroll {

/// x [n, P] and the state, a Var [n, width] for each part -> the next state, of the same shapes, on
/// the tape of x. It is called from several threads at once. What it gives for a lane must depend
/// on no other lane, nor on earlier calls.
using LaneStep = std::function<std::vector<Var>(Var x, const std::vector<Var>& state)>;

struct LaneLoop {
  Var outputs;            ///< [T, N, width of part 0]: part 0 after each step
  std::vector<Var> last;  ///< the state after the last step
};

/// How many shares are made of so many lanes; 0 where they are too few for it to be worth it. A
/// single one gains as well: its tape keeps nothing but what gradients need.
std::int64_t lane_shares(std::int64_t lanes);

/// Loops `step` over x [T, N, P], T at least 1, from this state [N, width]. One operation on the
/// tape of x, which the parameters that `step` used are operands of. The same number of threads
/// gives the same bits. Throws what `step` throws, of the first share where it does, and leaves no
/// trace on the tape then.
LaneLoop loop_over_lanes(Var x, std::span<const Var> state, const LaneStep& step);

}  // namespace unroll
