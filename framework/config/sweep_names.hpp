// Names of a sweep's points: readable, fit for a file, and the same whatever else is swept.
//
// "cell=lstm,hidden=64,seed=1": of each setting the end of its path that no other path shares, and
// its value. What a file name or a shell takes badly becomes `_`, and a value that lost something
// so has the first digits of its SHA-256 behind it; so has a name that would be too long.
#pragma once

#include <string>
#include <vector>

#include <unroll/config/sweep.hpp>

namespace unroll {

/// With ".h5.journal" and the like behind it a name stays below the 255 bytes that file systems
/// take.
inline constexpr std::size_t kLongestPointName = 160;

/// Names all points by their settings. Points of equal settings have equal names.
void name_points(std::vector<SweepPoint>& points);

/// A value as it stands in a name: "64", "lstm", "lstm-forget_bias=0", "2+3".
std::string value_label(const Node& value);

}  // namespace unroll
