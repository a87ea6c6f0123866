// YAML text to nodes: the door to yaml-cpp, which no other file includes.
//
// What YAML allows and an experiment has no use for is refused with a message that says what to
// write instead: duplicate keys, merge keys (`<<`), tags, keys that are no scalars, several
// documents, aliases that contain themselves, tabs as indentation, text that is not UTF-8. Limits
// on size, depth and expanded aliases make a hostile file fail within a fraction of a second.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <unroll/config/node.hpp>
#include <unroll/config/problems.hpp>

namespace unroll {

inline constexpr std::uint64_t kMostYamlBytes = 1'000'000;
inline constexpr std::size_t kMostYamlDepth = 64;
/// Values in a document, those below an alias counted each time that it stands.
inline constexpr std::uint64_t kMostYamlValues = 100'000;

/// Reads a file. Everything that is wrong goes to `problems`, the file's absence and emptiness
/// included; what could be read is returned.
Node load_yaml_file(const std::filesystem::path& path, Problems& problems);

/// The same of a text; marks and messages call it `name`. An empty text is null.
Node load_yaml_text(std::string_view text, const std::string& name, Problems& problems);

/// The same of a short text from elsewhere than a file: all marks are `name`, without line and
/// column.
Node load_yaml_value(std::string_view text, const std::string& name, Problems& problems);

}  // namespace unroll
