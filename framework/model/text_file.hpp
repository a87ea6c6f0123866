// Text files that datasets read: found by path or pattern, checked to be text.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace unroll {

/// A path, or a pattern, in whose parts `*` stands for any characters and `?` for one; sorted.
/// Throws Error(data) if there is none.
std::vector<std::filesystem::path> find_files(const std::string& pattern);

/// A whole file in UTF-8, without a byte order mark. Throws Error(data) naming the byte offset of
/// what is not text.
std::string read_text(const std::filesystem::path& path);

/// The files of data sets by name and of other paths together. Throws Error(usage) if there are
/// none: `dataset` is the name of the one that asks.
std::vector<std::filesystem::path> find_data(const std::vector<std::string>& corpus,
                                             const std::vector<std::string>& files,
                                             const char* dataset);

}  // namespace unroll
