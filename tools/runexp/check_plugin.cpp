// runexp check-plugin: whether plugins keep the contract of their kind.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include <unroll/config/override.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/plugin/manifest.hpp>
#include <unroll/plugin/registry.hpp>

#include "../conformance/isolation.hpp"
#include "commands.hpp"
#include "interrupt.hpp"
#include "json_output.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

namespace fs = std::filesystem;
using conformance::Check;
using conformance::Finding;
using conformance::Result;
using conformance::Verdict;

struct Options {
  std::vector<std::string> plugins, places, only, settings;
  bool all = false, json = false, no_isolation = false, quiet = false;
  std::uint64_t seed = 1;
  double timeout = 60;
  std::uint64_t memory = 4;
};

/// Removed with everything in it at the end.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "unroll-check-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      fail(Failure::data, "no folder can be made in {}", fs::temp_directory_path().string());
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

bool is_file(const std::string& word) {
  return word.ends_with(".so") || (word.find('/') != std::string::npos && fs::exists(word));
}

/// The plugins of a word: FILE.so, NAME or KIND/NAME.
std::vector<PluginInfo> named(const Registry& registry, const std::string& word) {
  std::vector<PluginInfo> found;
  const std::size_t slash = word.find('/');
  const std::string kind = slash == std::string::npos || is_file(word) ? "" : word.substr(0, slash);
  const std::string name = kind.empty() ? word : word.substr(slash + 1);
  std::vector<std::string> names;
  std::error_code error;
  for (const PluginInfo& plugin : registry.list()) {
    if (is_file(word)) {
      if (fs::equivalent(plugin.file, word, error)) found.push_back(plugin);
      continue;
    }
    names.push_back(plugin.name);
    if (plugin.name == name && (kind.empty() || plugin.kind == kind)) found.push_back(plugin);
  }
  if (found.empty())
    fail(Failure::plugin, "unknown plugin '{}'{} (known: {})", word, did_you_mean(name, names),
         join(names));
  for (const PluginInfo& plugin : found)
    if (!plugin.refused.empty()) throw Error(Failure::plugin, plugin.refused);
  return found;
}

std::vector<PluginInfo> chosen_plugins(Registry& registry, const Options& options) {
  for (const std::string& place : options.places) registry.add(place);
  if (options.all != options.plugins.empty())
    fail(Failure::usage, "check-plugin: name plugins (FILE.so, NAME or KIND/NAME), or --all");
  if (options.all) {
    std::vector<PluginInfo> all = registry.list();
    for (const PluginInfo& plugin : all)
      if (!plugin.refused.empty()) throw Error(Failure::plugin, plugin.refused);
    return all;
  }
  std::vector<PluginInfo> chosen;
  for (const std::string& word : options.plugins) {
    if (is_file(word)) registry.add(word);
    for (PluginInfo& plugin : named(registry, word)) chosen.push_back(std::move(plugin));
  }
  return chosen;
}

/// Every name of `--only` must be a check of some plugin that was chosen.
void require_known(const std::vector<std::string>& only, const std::vector<PluginInfo>& plugins) {
  std::vector<std::string> known;
  for (const PluginInfo& plugin : plugins)
    for (const Check& check : conformance::checks_of(plugin.kind)) known.push_back(check.name);
  std::ranges::sort(known);
  known.erase(std::unique(known.begin(), known.end()), known.end());
  for (const std::string& name : only)
    if (!std::ranges::binary_search(known, name))
      fail(Failure::usage, "--only: unknown check '{}' (known: {}){}", name, join(known),
           did_you_mean(name, known));
}

Node fixed_options(const std::vector<std::string>& settings) {
  Node node = Node::map({});
  Problems problems;
  for (const std::string& setting : settings) node = apply_override(node, setting, problems);
  problems.throw_if_any();
  return node;
}

void print_result(const Result& result) {
  switch (result.verdict) {
    case Verdict::ok:
      fmt::print("  {} {:<13} {}\n", styled(stdout, Style::green, "ok     "), result.check,
                 result.contract);
      break;
    case Verdict::skipped:
      fmt::print("  {} {:<13} {}\n", styled(stdout, Style::dim, "skipped"), result.check,
                 shown(result.why));
      break;
    case Verdict::failed:
      fmt::print("  {} {:<13} {}\n", styled(stdout, Style::red, "FAILED "), result.check,
                 result.contract);
      for (const Finding& finding : result.findings) {
        fmt::print("            expected  {}\n            seen      {}\n", shown(finding.expected),
                   shown(finding.seen));
        if (!finding.smallest.empty())
          fmt::print("            with      {}\n", shown(finding.smallest));
      }
      break;
  }
  std::fflush(stdout);
}

Json json_of(const Result& result) {
  const char* verdicts[] = {"ok", "failed", "skipped"};
  Json json = {{"check", result.check},
               {"contract", result.contract},
               {"result", verdicts[static_cast<int>(result.verdict)]},
               {"seconds", result.seconds}};
  if (result.verdict == Verdict::skipped) json["why"] = result.why;
  if (result.verdict == Verdict::failed) {
    json["findings"] = Json::array();
    for (const Finding& finding : result.findings)
      json["findings"].push_back(
          {{"expected", finding.expected}, {"seen", finding.seen}, {"smallest", finding.smallest}});
  }
  return json;
}

/// "cell gru 1.0.0  /…/cell_gru.so".
void print_heading(const PluginInfo& plugin) {
  fmt::print("{} {} {}  {}\n", plugin.kind, styled(stdout, Style::bold, plugin.name),
             plugin.version, styled(stdout, Style::dim, shown(plugin.file.string())));
}

int run_check_plugin(const Options& options) {
  Registry registry;
  const std::vector<PluginInfo> plugins = chosen_plugins(registry, options);
  require_known(options.only, plugins);
  const Node fixed = fixed_options(options.settings);
  const conformance::Limits limits{
      .isolated = !options.no_isolation, .seconds = options.timeout, .bytes = options.memory << 30};
  std::int64_t counts[3] = {0, 0, 0};
  Json all = Json::array();
  for (const PluginInfo& plugin : plugins) {
    bool headed = false;
    Json results = Json::array();
    const auto report = [&](const Result& result) {
      ++counts[static_cast<int>(result.verdict)];
      if (options.json) {
        results.push_back(json_of(result));
      } else if (!options.quiet || result.verdict == Verdict::failed) {
        if (!std::exchange(headed, true)) print_heading(plugin);
        print_result(result);
      }
    };
    // What cannot be loaded is said once.
    const conformance::Subject only_loaded{
        .registry = &registry, .kind = plugin.kind, .name = plugin.name};
    const Result loaded =
        conformance::run_check(conformance::loads(), only_loaded, limits, stop_flag());
    if (stopped(stop_flag())) return interrupted_code();
    if (loaded.verdict == Verdict::failed) report(loaded);
    for (const Check& check : conformance::checks_of(plugin.kind)) {
      if (loaded.verdict == Verdict::failed) break;
      if (!options.only.empty() &&
          std::ranges::find(options.only, check.name) == options.only.end())
        continue;
      const Scratch scratch;
      const conformance::Subject subject{.registry = &registry,
                                         .kind = plugin.kind,
                                         .name = plugin.name,
                                         .options = fixed,
                                         .seed = options.seed,
                                         .scratch = scratch.path()};
      const Result result = conformance::run_check(check, subject, limits, stop_flag());
      if (stopped(stop_flag())) return interrupted_code();
      report(result);
    }
    all.push_back({{"kind", plugin.kind},
                   {"name", plugin.name},
                   {"version", plugin.version},
                   {"file", plugin.file.string()},
                   {"checks", results}});
  }
  if (options.json) {
    print_json(all);
  } else {
    fmt::print("{} plugin{}: {} checks passed, {} skipped, {} failed\n", plugins.size(),
               plugins.size() == 1 ? "" : "s", counts[static_cast<int>(Verdict::ok)],
               counts[static_cast<int>(Verdict::skipped)],
               counts[static_cast<int>(Verdict::failed)]);
  }
  return counts[static_cast<int>(Verdict::failed)] == 0 ? 0 : static_cast<int>(Failure::plugin);
}

}  // namespace

void add_check_plugin(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(
      app, chosen, "check-plugin", "checks that plugins keep the contract of their kind",
      "runexp check-plugin build/cell_mine.so", options, run_check_plugin);
  command.add_option("which", options->plugins, "FILE.so, NAME or KIND/NAME");
  command.add_flag("--all", options->all, "every plugin that is found");
  command.add_option("--only", options->only, "only this check; repeatable")
      ->allow_extra_args(false);
  command.add_option("--set", options->settings, "fixes an option of the plugin: NAME=VALUE")
      ->allow_extra_args(false);
  command.add_option("--seed", options->seed, "of the random inputs (1)");
  command.add_option("--timeout", options->timeout, "seconds that one check may take (60)")
      ->check(CLI::PositiveNumber);
  command
      .add_option("--memory", options->memory, "GiB that one check may ask for; 0: no limit (4)")
      ->check(CLI::Range(0, 1 << 20));
  command.add_option("--plugins", options->places, "a folder or library to look in besides")
      ->allow_extra_args(false);
  command.add_flag("--no-isolation", options->no_isolation,
                   "in this process, for a debugger: a crash ends it");
  command.add_flag("--quiet", options->quiet, "only what failed");
  command.add_flag("--json", options->json, "the results as JSON");
}

}  // namespace unroll::cli
