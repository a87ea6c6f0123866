// What is no longer as it was when a run was made, and may change its bits.
#pragma once

#include <string>
#include <vector>

#include <unroll/core/archive.hpp>

namespace unroll::cli {

/// One sentence for each difference between the environments of two sittings: plugins by name and
/// file, versions, compiler, processor, threads. Empty: the bits are to be expected alike.
std::vector<std::string> environment_changes(const Archive& then, const Archive& now);

/// Data files whose content is not what the run read: one sentence with both sums for each. Files
/// that are not there are left to the dataset, which may know where to get them.
std::vector<std::string> data_changes(const Archive& environment);
/// The same of what two sittings read; nothing of files that only one of them did.
std::vector<std::string> data_changes(const Archive& then, const Archive& now);

}  // namespace unroll::cli
