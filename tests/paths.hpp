#pragma once
// Where the tests' files are. Only paths.cpp is compiled with a folder's name, so that a compiler
// cache serves every checkout.

#include <filesystem>
#include <string>
#include <string_view>

namespace unroll::test {

/// A file of tests/fixtures.
std::string fixture(std::string_view name);

/// The plugins of the build.
std::filesystem::path plugins();

/// The plugins that only the tests load.
std::filesystem::path test_plugins();

}  // namespace unroll::test
