// A folder with a plugin that works, made from the templates in share/unroll/templates.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace unroll::cli {

/// The class of a plugin of this name: min_p, sampler -> MinPSampler.
std::string class_name(const std::string& name, const std::string& kind);

/// Throws Error(usage) unless `kind` is a kind of plugin, with what there is.
void check_kind(const std::string& kind);

/// Throws Error(usage) unless this can name a plugin, a file, a target of CMake and a class: lower
/// case letters, digits and single underscores, at most 40 of them, a letter first.
void check_plugin_name(const std::string& kind, const std::string& name);

/// Makes the folder `name` in `parent` with everything in it, whole or not at all, and returns its
/// files, the source first. Throws Error(usage) if it exists already, Error(data) if it cannot be
/// written.
std::vector<std::filesystem::path> write_plugin_folder(const std::string& kind,
                                                       const std::string& name,
                                                       const std::filesystem::path& parent);

}  // namespace unroll::cli
