// `include:` composes experiment files.
//
//   include: base.yaml                  # or a list; paths are relative to the including file
//   model: {many_to_many: {cell: gru}}
//
// Later files win over earlier ones, and the including file wins over what it includes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <unroll/config/node.hpp>
#include <unroll/config/problems.hpp>

namespace unroll {

/// `over` laid upon `under`. Maps merge key by key; everything else (lists included) replaces.
/// Where a plugin is chosen, a choice of another name replaces the whole choice, so that
/// `cell: {gru: {}}` over `cell: {lstm: {peepholes: true}}` leaves `gru` alone. Such places are
/// known by their key (see is_plugin_key) and a map of one name whose value is a map or nothing.
Node merge(const Node& under, const Node& over);

/// Whether the value of this key is a plugin choice by convention: the key is `data`, `model`,
/// `schedule` or the name of a plugin kind (`cell`, `optimizer`, …), or ends in one after an
/// underscore, as `decoder_cell` does.
bool is_plugin_key(std::string_view key);

/// `old_value` replaced or merged under `key`, by the rule of `merge`.
Node merge_under(std::string_view key, const Node& old_value, const Node& new_value);

/// Reads a file with all that it includes; the result has no `include` key. Names of the files
/// read are appended to `files`. Cycles, missing files and every mistake go to `problems`.
Node load_with_includes(const std::filesystem::path& path, std::vector<std::string>& files,
                        Problems& problems);

}  // namespace unroll
