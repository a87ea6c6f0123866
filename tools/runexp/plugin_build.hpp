// A plugin out of one source file: compiled as this Unroll was, checked, and put into a folder.
#pragma once

#include <filesystem>
#include <string>

#include <unroll/plugin/registry.hpp>

namespace unroll::cli {

struct BuiltPlugin {
  PluginInfo plugin;
  double seconds = 0;
  bool replaced = false;  ///< there was one of this kind and name in the folder
};

/// Compiles and links `source`, has it describe itself in a process of its own, and puts it
/// into `folder` as KIND_NAME.so, at once: whoever looks sees the old one or the new one. What the
/// compiler says goes to stderr as it comes.
///
/// Throws Error(data) if the source cannot be read or the folder not be written, Error(plugin) if
/// the source does not compile, is no plugin, or if another library of `registry` has its kind and
/// name. Nothing has changed then.
BuiltPlugin build_plugin(const std::filesystem::path& source, const std::filesystem::path& folder,
                         const Registry& registry);

}  // namespace unroll::cli
