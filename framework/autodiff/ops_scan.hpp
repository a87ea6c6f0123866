// The recurrence that needs no product: a gate and an input to every step, known beforehand.
#pragma once

#include <unroll/autodiff/graph.hpp>

namespace unroll {

/// y_t = decay_t * y_{t-1} + input_t, with y_{-1} = initial; decay and input [T, N, F], initial
/// [N, F], all elementwise: y [T, N, F]. T may be 0. What is computed of one element depends on no
/// other, so that threads share out the elements and each runs through time once (Blelloch 1990,
/// "Prefix sums and their applications", has the scan that is parallel in time as well; with a few
/// threads and thousands of elements it would only do more work).
Var linear_scan(Var decay, Var input, Var initial);

}  // namespace unroll
