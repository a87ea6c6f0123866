// Where this copy of Unroll lies: a build or an installation, which may have been moved.
#pragma once

#include <filesystem>
#include <string_view>

namespace unroll {

/// Where the framework's own library is.
std::filesystem::path framework_library();

/// A file of `share/unroll` of this build or installation; empty where there is none.
std::filesystem::path shared_file(std::string_view name);

/// A program that helps runexp: beside it in a build, in libexec/unroll of an installation; empty
/// where there is none.
std::filesystem::path helper_program(std::string_view name);

/// A folder of the user's own share/unroll: in $XDG_DATA_HOME, or ~/.local/share. It need not
/// exist. Empty where there is neither variable.
std::filesystem::path user_folder(std::string_view name);

}  // namespace unroll
