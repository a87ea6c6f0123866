// Manifest: what a plugin library says about itself, as text that is read without loading it.
//
// It stands in the ELF section `unroll_manifest` (`readelf -p unroll_manifest FILE` shows it):
//
//   unroll-plugin
//   kind: cell
//   name: lstm
//   version: 1.0.0
//   abi: 1
//   framework: 0.1.0
//   compiler: gcc 12
//   standard: 202002L
//   cxx11_abi: 1
//   glibcxx_debug: 0
//   sanitizer: none
//
// C++ objects cross the boundary, so both must agree in everything below `version`, but that a
// plugin's framework may be older; a library that differs is refused before its code runs.
#pragma once

#include <string>  // defines the standard library's ABI macros, which the stamp quotes
#include <string_view>
#include <utility>
#include <vector>

// ---- what the compiler knows about this build, as string literals
// ---------------------------------

/// The framework's version; manifest.cpp checks that it is CMake's.
#define UNROLL_FRAMEWORK_VERSION "0.1.0"
/// Raised whenever PluginEntry or a contract of framework/model changes its layout.
#define UNROLL_PLUGIN_ABI 1

#define UNROLL_TEXT_OF_(x) #x
#define UNROLL_TEXT_OF(x) UNROLL_TEXT_OF_(x)

#if defined(__clang__)
#define UNROLL_COMPILER "clang " UNROLL_TEXT_OF(__clang_major__)
#elif defined(__GNUC__)
#define UNROLL_COMPILER "gcc " UNROLL_TEXT_OF(__GNUC__)
#else
#error "Unroll is built with g++ or clang++"
#endif

#if defined(_GLIBCXX_USE_CXX11_ABI)
#define UNROLL_CXX11_ABI UNROLL_TEXT_OF(_GLIBCXX_USE_CXX11_ABI)
#else
#define UNROLL_CXX11_ABI "other standard library"
#endif

#if defined(_GLIBCXX_DEBUG)
#define UNROLL_GLIBCXX_DEBUG "1"
#else
#define UNROLL_GLIBCXX_DEBUG "0"
#endif

#if defined(__has_feature)
#define UNROLL_HAS_FEATURE(x) __has_feature(x)
#else
#define UNROLL_HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || UNROLL_HAS_FEATURE(address_sanitizer)
#define UNROLL_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__) || UNROLL_HAS_FEATURE(thread_sanitizer)
#define UNROLL_SANITIZER "thread"
#else
#define UNROLL_SANITIZER "none"
#endif

#define UNROLL_MANIFEST_SECTION "unroll_manifest"
#define UNROLL_MANIFEST_TEXT(kind, name, version)                                                \
  "unroll-plugin\nkind: " kind "\nname: " name "\nversion: " version "\nabi: " UNROLL_TEXT_OF(   \
      UNROLL_PLUGIN_ABI) "\nframework: " UNROLL_FRAMEWORK_VERSION "\ncompiler: " UNROLL_COMPILER \
                         "\nstandard: " UNROLL_TEXT_OF(                                          \
                             __cplusplus) "\ncxx11_abi: " UNROLL_CXX11_ABI                       \
                                          "\nglibcxx_debug: " UNROLL_GLIBCXX_DEBUG               \
                                          "\nsanitizer: " UNROLL_SANITIZER "\n"

namespace unroll {

/// The kinds of plugins.
inline constexpr std::string_view kPluginKinds[] = {
    "cell", "architecture", "tokenizer", "sampler", "encoder", "dataset", "optimizer"};

struct Manifest {
  std::string kind, name, version, abi;
  /// framework, compiler, standard, …: in the order written.
  std::vector<std::pair<std::string, std::string>> build;
};

/// Reads a manifest's text. Throws Error(plugin) that says what is wrong, without naming a file.
/// Limits: 4096 bytes; names are letters, digits, '_', '-' and '.', at most 64 of them.
Manifest parse_manifest(std::string_view text);

/// The manifest this framework itself would have as a plugin: what all others are compared with.
const Manifest& host_manifest();

/// What differs between a plugin's build and this framework's, and what to rebuild; empty if
/// nothing does. "needs plugin ABI 2, this Unroll has 1: rebuild it against Unroll 0.1.0".
std::string mismatch(const Manifest& plugin);

}  // namespace unroll
