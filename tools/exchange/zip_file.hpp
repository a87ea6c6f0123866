// ZIP archives in memory: the door to libzip, which no other file includes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace unroll {

/// Files by name, in the order in which they stand in the archive.
using ZipEntries = std::vector<std::pair<std::string, std::string>>;

/// An archive of these files, not compressed, dated 1980-01-01: equal files give equal bytes.
/// Throws Error(run) if libzip cannot make it.
std::string to_zip(const ZipEntries& entries);

/// The files of an archive, which may be compressed. Throws Error(data), with `name`, if it is
/// none, is damaged, holds two files of one name or would unpack to more than `most_bytes`.
ZipEntries from_zip(std::string_view bytes, const std::string& name,
                    std::uint64_t most_bytes = std::uint64_t{16} << 30);

}  // namespace unroll
