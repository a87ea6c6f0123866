#include "environment_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include <unroll/core/sha256.hpp>

namespace unroll::cli {
namespace {

/// A scalar's value as text, empty where it is missing.
std::string shown(const Archive& archive, const std::string& name) {
  if (!archive.has(name)) return {};
  const auto* texts = std::get_if<std::vector<std::string>>(&archive.array(name).values);
  if (texts != nullptr) return texts->size() == 1 ? texts->front() : std::string();
  return fmt::format("{}", archive.integer(name));
}

std::vector<std::string> column(const Archive& archive, const std::string& name) {
  if (!archive.has(name)) return {};
  const auto* texts = std::get_if<std::vector<std::string>>(&archive.array(name).values);
  return texts != nullptr ? *texts : std::vector<std::string>();
}

struct Plugin {
  std::string version, file, sha256;
};

/// By "cell 'lstm'".
std::map<std::string, Plugin> plugins_of(const Archive& environment) {
  const auto kinds = column(environment, "plugins/kind");
  const auto names = column(environment, "plugins/name");
  const auto versions = column(environment, "plugins/version");
  const auto files = column(environment, "plugins/file");
  const auto sums = column(environment, "plugins/sha256");
  std::map<std::string, Plugin> plugins;
  if (names.size() != kinds.size() || versions.size() != kinds.size() ||
      files.size() != kinds.size() || sums.size() != kinds.size())
    return plugins;
  for (std::size_t i = 0; i < kinds.size(); ++i)
    plugins[fmt::format("{} '{}'", kinds[i], names[i])] = {versions[i], files[i], sums[i]};
  return plugins;
}

std::string short_sum(const std::string& sum) {
  return sum.substr(0, 12);
}

std::string changed(const std::string& path, const std::string& then, const std::string& now) {
  return fmt::format("{}: is not what the run read: sha256 {} then, {} now", path, then, now);
}

}  // namespace

std::vector<std::string> environment_changes(const Archive& then, const Archive& now) {
  std::vector<std::string> changes;
  const auto current = plugins_of(now);
  for (const auto& [name, plugin] : plugins_of(then)) {
    const auto found = current.find(name);
    if (found == current.end() || found->second.sha256 == plugin.sha256) continue;
    changes.push_back(fmt::format(
        "the plugin {} has changed: {} (version {}, sha256 {}…) then, {} (version {}, sha256 {}…) "
        "now",
        name, plugin.file, plugin.version, short_sum(plugin.sha256), found->second.file,
        found->second.version, short_sum(found->second.sha256)));
  }
  for (const auto& [key, what] : {std::pair("threads", "threads"),
                                  {"processor", "processor"},
                                  {"unroll_version", "Unroll"},
                                  {"git_revision", "git revision"},
                                  {"compiler", "compiler"},
                                  {"compute_library", "oneDNN"}}) {
    const std::string before = shown(then, key), after = shown(now, key);
    if (!before.empty() && before != after)
      changes.push_back(fmt::format("{}: {} then, {} now", what, before, after));
  }
  return changes;
}

std::vector<std::string> data_changes(const Archive& environment) {
  const auto paths = column(environment, "data/path"), sums = column(environment, "data/sha256");
  std::vector<std::string> changes;
  for (std::size_t i = 0; i < std::min(paths.size(), sums.size()); ++i) {
    std::error_code problem;
    if (!std::filesystem::is_regular_file(paths[i], problem)) continue;
    const std::string sum = sha256_of_file(paths[i]);
    if (sum != sums[i]) changes.push_back(changed(paths[i], sums[i], sum));
  }
  return changes;
}

std::vector<std::string> data_changes(const Archive& then, const Archive& now) {
  const auto paths = column(now, "data/path"), sums = column(now, "data/sha256");
  std::map<std::string, std::string> read;
  for (std::size_t i = 0; i < std::min(paths.size(), sums.size()); ++i) read[paths[i]] = sums[i];
  std::vector<std::string> changes;
  const auto former_paths = column(then, "data/path"), former_sums = column(then, "data/sha256");
  for (std::size_t i = 0; i < std::min(former_paths.size(), former_sums.size()); ++i)
    if (const auto found = read.find(former_paths[i]);
        found != read.end() && found->second != former_sums[i])
      changes.push_back(changed(former_paths[i], former_sums[i], found->second));
  return changes;
}

}  // namespace unroll::cli
