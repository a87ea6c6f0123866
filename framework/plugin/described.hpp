// A plugin's description within its file: the options that its code describes, written into a
// section of the library after it was linked, so that it can be listed, explained and checked
// against without running a line of it.
//
// The section `unroll_description` is JSON (config/describe.hpp), shown by
// `readelf -p unroll_description FILE`. unroll_add_plugin has it written by the program
// unroll-describe, which loads the library once, at the end of its build.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <unroll/config/schema.hpp>
#include <unroll/plugin/elf.hpp>

namespace unroll {

inline constexpr const char* kDescriptionSection = "unroll_description";

/// What stands in the section; nothing if the library has none. Throws Error(plugin) naming the
/// file if it is damaged.
std::optional<Description> written_description(ElfLibrary& library, std::string_view file);

/// Where the section and the code differ, for people: "option 'rate': the file says {…}, its code
/// {…}"; empty if they agree.
std::string difference(const Description& written, const Description& coded);

/// Writes the section, or replaces it, through `objcopy` (a path, or a name looked for in $PATH).
/// The file is replaced at once or stays as it was. Throws Error(plugin).
void write_description(const std::filesystem::path& library, const Description& description,
                       const std::string& objcopy = "objcopy");

/// Loads the library, asks its code, and writes what it says: what `unroll-describe FILE` does.
/// Throws Error(plugin), one line naming the file, if it could not be used as a plugin either.
void describe_library(const std::filesystem::path& library, const std::string& objcopy = "objcopy");

}  // namespace unroll
