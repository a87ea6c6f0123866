// Whether a plugin's file can be trusted: whoever can change it, or what it loads, runs code as
// the user who loads it.
#pragma once

#include <filesystem>
#include <string>

#include <unroll/plugin/elf.hpp>

namespace unroll {

/// Who but its owner may change or replace a file, and what to do; empty if nobody may. Refused are
/// files that their group or others may write, unless the group is the owner's own (as with umask
/// 002); files below a folder that others may write; and, in a folder like /tmp where everybody may
/// put files but remove only their own, files of other users than this one and root. Links are
/// looked at where they stand and where they lead.
std::string distrust(const std::filesystem::path& file);

/// What would have the dynamic loader search the current folder, whatever that is: relative or
/// empty entries of RPATH and RUNPATH, and needed libraries by relative paths. Empty if nothing.
std::string search_through_current_folder(const ElfLibrary::Needs& needs);

/// Whether files are loaded whoever may change them: $UNROLL_TRUST_PLUGINS is 1, which
/// `--trust-plugins` sets for a command and all that it starts.
bool plugins_are_trusted();
void trust_plugins();

}  // namespace unroll
