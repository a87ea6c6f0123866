// The one place that loads code: plugin libraries, through Boost.DLL.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <unroll/plugin/entry.hpp>
#include <unroll/plugin/manifest.hpp>

namespace unroll {

/// The manifest of a library, read without loading it and compared with this framework's build.
struct Inspection {
  Manifest manifest;  ///< empty where it could not be read
  /// Its options, where they stand in the file (plugin/described.hpp).
  std::optional<Description> description;
  std::string refused;  ///< one line naming the file; empty: may be loaded
};
Inspection inspect_plugin(const std::filesystem::path& file);

/// Loads a library that was inspected and accepted, and keeps it until the process ends. Throws
/// Error(plugin), one line naming the file: the linker's own message, a missing symbol, an entry
/// that contradicts the manifest or the description in the file, an exception from the library's
/// own initialisation.
const PluginEntry& load_plugin(const std::filesystem::path& file, const Inspection& inspection);

/// The options as the code of a loaded library describes them. Throws Error(plugin).
Description code_description(const PluginEntry& entry, const std::filesystem::path& file);

}  // namespace unroll
