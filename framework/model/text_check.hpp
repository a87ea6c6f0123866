// What a file of text must be.
#pragma once

#include <filesystem>
#include <string_view>

namespace unroll {

/// Throws Error(data) naming the file and the byte offset where it is not UTF-8 or holds NUL, or if
/// it is empty.
void check_text(std::string_view text, const std::filesystem::path& path);

}  // namespace unroll
