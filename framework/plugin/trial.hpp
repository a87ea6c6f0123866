// A first loading of a library in a child process, where its static constructors may do harm.
#pragma once

#include <filesystem>
#include <string>

namespace unroll {

/// Whether the library has code that runs as soon as it is loaded. Plugins need none. Throws
/// Error(plugin) if the file is no sound library.
bool runs_code_on_load(const std::filesystem::path& file);

/// Loads the library in a child process; returns what went wrong there, or nothing.
///
/// An exception that leaves dlopen ends the program (the C library declares it noexcept) or, were
/// it caught, would leave the C library's lock held; a crash is a crash. So a library that runs
/// code on load does so in a child first: "threw while being loaded: …", "was killed by signal 11
/// (Segmentation fault) while being loaded". What the linker has to say is left to the real load.
/// Waits at most `seconds`.
std::string trial_load(const std::filesystem::path& file, int seconds = 10);

}  // namespace unroll
