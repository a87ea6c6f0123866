// `sweep: {random: …}`: settings drawn at random, the same for the same seed on every machine.
//
//   count: 20                     draws; all differ
//   seed: 1                       of the draws alone (default 1)
//   draw:
//     PATH: [a, b, c]             one of these; also {choices: [a, b, c]}
//     PATH: {uniform: [low, high]}
//     PATH: {log_uniform: [low, high]}   uniform in the logarithm; low > 0
//     PATH: {integers: [low, high]}      both included
//     PATH: uniform               the same words without a range: that which the option declares
//
// Every path has a stream of its own, and draws come one after another: a larger count keeps the
// first ones, and another path leaves those of the others as they are. Numbers are rounded to four
// digits, so that a run's name says what it is; of options that are integers, to integers.
#pragma once

#include <vector>

#include <unroll/config/sweep.hpp>

namespace unroll {

/// The draws, each the settings of one point. Mistakes go to `problems`.
std::vector<std::vector<SweepSetting>> random_settings(const Node& random, const OptionFinder& find,
                                                       Problems& problems);

}  // namespace unroll
