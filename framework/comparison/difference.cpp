#include <unroll/comparison/difference.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <unroll/comparison/figures.hpp>
#include <unroll/comparison/table.hpp>

namespace unroll::comparison {
namespace {

using Kind = Difference::Kind;

constexpr std::array<std::string_view, 9> kKinds{
    "seed", "setting", "data", "start", "plugin", "version", "threads", "machine", "bookkeeping"};

std::vector<std::string> texts(const Archive& archive, const std::string& name) {
  if (!archive.has(name)) return {};
  const auto* values = std::get_if<std::vector<std::string>>(&archive.array(name).values);
  return values ? *values : std::vector<std::string>();
}

/// "kind name" -> "version, sha256 0123456789ab"; of data "path" -> "sha256 …".
std::map<std::string, std::string> files_of(const Archive& environment, const std::string& table,
                                            const std::vector<std::string>& names,
                                            const std::vector<std::string>& values) {
  std::map<std::string, std::string> files;
  const std::vector<std::string> sums = texts(environment, table + "/sha256");
  for (std::size_t i = 0; i < sums.size(); ++i) {
    std::string name, value;
    for (const std::string& column : names) {
      const std::vector<std::string> found = texts(environment, table + "/" + column);
      if (i < found.size()) name += (name.empty() ? "" : " ") + found[i];
    }
    for (const std::string& column : values) {
      const std::vector<std::string> found = texts(environment, table + "/" + column);
      if (i < found.size()) value += found[i] + ", ";
    }
    files[name] = value + "sha256 " + sums[i].substr(0, 12);
  }
  return files;
}

void compare_files(Kind kind, const std::map<std::string, std::string>& a,
                   const std::map<std::string, std::string>& b, std::vector<Difference>& found) {
  std::set<std::string> names;
  for (const auto& [name, value] : a) names.insert(name);
  for (const auto& [name, value] : b) names.insert(name);
  for (const std::string& name : names) {
    const auto x = a.find(name), y = b.find(name);
    const std::string of_a = x == a.end() ? "" : x->second, of_b = y == b.end() ? "" : y->second;
    if (of_a != of_b) found.push_back({kind, name, of_a, of_b});
  }
}

Kind kind_of_setting(const std::string& path) {
  if (path == "seed") return Kind::seed;
  if (path == "threads") return Kind::threads;
  return is_bookkeeping(path) ? Kind::bookkeeping : Kind::setting;
}

}  // namespace

std::string_view kind_name(Kind kind) noexcept {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::vector<Difference> differences(const ComparedRun& a, const ComparedRun& b) {
  std::vector<Difference> found;
  const std::array<const Settings*, 2> both{&a.settings, &b.settings};
  for (const std::string& path : differing(both)) {
    const std::string *x = a.settings.find(path), *y = b.settings.find(path);
    found.push_back({kind_of_setting(path), path, x ? *x : "", y ? *y : ""});
  }
  const Archive &here = a.record.environment, &there = b.record.environment;
  if (texts(here, "data/sha256") != texts(there, "data/sha256"))  // not where the files lay
    compare_files(Kind::data, files_of(here, "data", {"path"}, {}),
                  files_of(there, "data", {"path"}, {}), found);
  compare_files(Kind::plugin, files_of(here, "plugins", {"kind", "name"}, {"version"}),
                files_of(there, "plugins", {"kind", "name"}, {"version"}), found);
  const auto compare_values = [&](Kind kind, const char* name) {
    const std::string path = std::string("environment.") + name;
    const std::string x = text_of(value_of(a, path)), y = text_of(value_of(b, path));
    if (x != y) found.push_back({kind, path, x, y});
  };
  compare_values(Kind::data, "data.split");
  compare_values(Kind::start, "initialize_from.run");
  compare_values(Kind::start, "initialize_from.step");
  compare_values(Kind::start, "forked_from.run");
  compare_values(Kind::start, "forked_from.step");
  for (const char* name : {"unroll_version", "git_revision", "compiler", "compute_library"})
    compare_values(Kind::version, name);
  compare_values(Kind::threads, "threads");
  compare_values(Kind::machine, "processor");
  std::ranges::stable_sort(found, {}, &Difference::kind);
  return found;
}

}  // namespace unroll::comparison
