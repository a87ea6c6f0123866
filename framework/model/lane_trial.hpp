// Lane trial: may the lanes of a cell's batch go to different threads?
#pragma once

#include <unroll/model/cell.hpp>

namespace unroll {

/// Makes a few steps of a few lanes, from a state of zeros and with random numbers of the type and
/// width of `projected` [T, N, P], on tapes of their own: does a lane give the same bits beside
/// other lanes, and again, when steps of another batch come between? False if it does not, or if a
/// step throws.
bool lanes_are_independent(Cell& cell, Var projected);

}  // namespace unroll
