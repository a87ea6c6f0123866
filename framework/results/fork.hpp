// A new run that begins where another one stood.
#pragma once

#include <cstdint>
#include <filesystem>

#include <unroll/results/run_record.hpp>

namespace unroll {

/// The run as its present or a kept checkpoint of this step left it, with no name of its own yet
/// and, in /environment/forked_from, where it came from. Reads only. Throws Error(usage) that lists
/// the steps there are if this is none of them.
RunRecord fork_of(const std::filesystem::path& run, std::int64_t step);

}  // namespace unroll
