#include <unroll/plugin/manifest.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>

#include <unroll/core/error.hpp>

namespace unroll {
namespace {

#if defined(UNROLL_VERSION)
static_assert(std::string_view(UNROLL_VERSION) == UNROLL_FRAMEWORK_VERSION,
              "manifest.hpp and CMakeLists.txt name different versions");
#endif

constexpr std::size_t kLongestName = 64;

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '+';
  });
}

[[noreturn]] void bad(std::string_view what) {
  fail(Failure::plugin, "its manifest is damaged: {}", what);
}

// Whether version a, "1.2.3", is later than b; nothing if one of them is no version.
std::optional<bool> is_newer(std::string_view a, std::string_view b) {
  const auto parts = [](std::string_view text) -> std::optional<std::array<int, 3>> {
    std::array<int, 3> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), numbers[i]);
      if (error != std::errc()) return std::nullopt;
      text.remove_prefix(static_cast<std::size_t>(end - text.data()));
      if (i == 2) break;
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
    return numbers;
  };
  const auto x = parts(a), y = parts(b);
  if (!x || !y) return std::nullopt;
  return *x > *y;
}

// "compiler: clang 14" as people say it.
std::string_view spoken(std::string_view key) {
  if (key == "framework") return "Unroll";
  if (key == "standard") return "C++ standard (__cplusplus)";
  if (key == "cxx11_abi") return "_GLIBCXX_USE_CXX11_ABI";
  if (key == "glibcxx_debug") return "_GLIBCXX_DEBUG";
  return key;
}

}  // namespace

Manifest parse_manifest(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  constexpr std::string_view kTitle = "unroll-plugin\n";
  if (!text.starts_with(kTitle)) bad("it does not begin with 'unroll-plugin'");
  text.remove_prefix(kTitle.size());
  if (text.find(kTitle) != std::string_view::npos) {
    fail(Failure::plugin, "its manifest is there twice: one UNROLL_PLUGIN line a library");
  }

  Manifest manifest;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t colon = line.find(": ");
    if (end == std::string_view::npos || colon == std::string_view::npos) {
      bad("a line is not 'key: value'");
    }
    text.remove_prefix(end + 1);
    const std::string_view key = line.substr(0, colon), value = line.substr(colon + 2);
    const bool printable = std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; });
    if (!printable) bad("a line is not plain text");
    if (key == "kind") {
      manifest.kind = value;
    } else if (key == "name") {
      manifest.name = value;
    } else if (key == "version") {
      manifest.version = value;
    } else if (key == "abi") {
      manifest.abi = value;
    } else {
      manifest.build.emplace_back(key, value);
    }
  }
  if (std::ranges::find(kPluginKinds, manifest.kind) == std::end(kPluginKinds)) {
    bad(fmt::format("unknown kind '{}'", manifest.kind));
  }
  if (!is_name(manifest.name)) bad(fmt::format("'{}' is no name", manifest.name));
  if (!is_name(manifest.version)) bad(fmt::format("'{}' is no version", manifest.version));
  if (manifest.abi.empty()) bad("it names no ABI");
  return manifest;
}

const Manifest& host_manifest() {
  static const Manifest manifest =
      parse_manifest(UNROLL_MANIFEST_TEXT("cell", "framework", UNROLL_FRAMEWORK_VERSION));
  return manifest;
}

std::string mismatch(const Manifest& plugin) {
  const Manifest& host = host_manifest();
  const auto value_of = [](const Manifest& manifest, std::string_view key) -> std::string {
    const auto found =
        std::ranges::find(manifest.build, key, &std::pair<std::string, std::string>::first);
    return found == manifest.build.end() ? "nothing" : found->second;
  };
  if (plugin.abi != host.abi) {
    return fmt::format(
        "built for plugin ABI {} (Unroll {}), this is ABI {} (Unroll {}): rebuild the plugin "
        "against this Unroll's headers",
        plugin.abi, value_of(plugin, "framework"), host.abi, value_of(host, "framework"));
  }
  for (const auto& [key, ours] : host.build) {
    const std::string theirs = value_of(plugin, key);
    if (theirs == ours) continue;
    if (key == "framework") {
      // Of one ABI number, what was built for an earlier version works with a later one.
      const std::optional<bool> newer = is_newer(theirs, ours);
      if (newer == false) continue;
      return fmt::format(
          "built for Unroll {}, {} this Unroll {}, which may lack what it needs: rebuild the "
          "plugin against this one, or update Unroll",
          theirs, newer ? "newer than" : "unlike", ours);
    }
    return fmt::format("built with {} {}, this Unroll with {}: rebuild the plugin with the same",
                       spoken(key), theirs, ours);
  }
  return {};
}

}  // namespace unroll
