// The seal in a run file's user block, for the writer of the bytes.
#pragma once

#include <cstdint>
#include <string>

namespace unroll {

inline constexpr std::uint64_t kUserBlock = 512;

/// Fills the first kUserBlock bytes with magic, version, length and checksum of the rest.
void seal(std::string& bytes);

}  // namespace unroll
