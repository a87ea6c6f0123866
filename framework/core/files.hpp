// Whole files: read with clear errors, written so that a kill leaves the old or the new content.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

namespace unroll {

/// The content of a regular file, byte for byte. Throws Error(data) naming the file and the
/// reason: missing, a directory, unreadable, or larger than `most_bytes`.
std::string read_file(const std::filesystem::path& path,
                      std::uint64_t most_bytes = std::numeric_limits<std::uint64_t>::max());

/// Writes `content` to a temporary file beside `path`, syncs it, renames it over `path` and syncs
/// the folder. Throws Error(data) (read-only folder, full disk); `path` is then as it was and no
/// temporary file is left.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// The first half of the above: the temporary file, synced, for `replace_file`. Throws Error(data),
/// and none is left.
std::filesystem::path write_beside(const std::filesystem::path& path, std::string_view content);

/// The last half of the above for a `temporary` that someone else has written and closed: syncs
/// it, renames it over `path`, syncs the folder. Throws Error(data) and removes `temporary`.
void replace_file(const std::filesystem::path& temporary, const std::filesystem::path& path);

/// Makes the name of a file durable that was made, linked or renamed. Throws Error(data).
void sync_folder_of(const std::filesystem::path& path);

}  // namespace unroll
