// A section of an ELF library, read as bytes: nothing is mapped, loaded or run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace unroll {

/// The content of section `name`, or nothing if the library has no such section.
///
/// Every offset is checked against the size of the file, so that any bytes may be read safely.
/// Also checks what the dynamic loader would not survive (a truncated library is a SIGBUS there):
/// that it is a shared library for this processor and that all its segments are in the file.
/// Throws Error(plugin) naming the file and what is wrong with it. Sections above `most_bytes`
/// are refused.
std::optional<std::string> read_elf_section(const std::filesystem::path& file,
                                            std::string_view name, std::size_t most_bytes = 4096);

}  // namespace unroll
