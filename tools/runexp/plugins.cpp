// runexp plugins: what is found, and every option of one plugin.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include <unroll/config/describe.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/plugin/manifest.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/training/experiment.hpp>

#include "commands.hpp"
#include "json_output.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

struct Options {
  std::string name, kind;
  std::vector<std::string> places;
  bool json = false, markdown = false;
};

/// A plugin and its options, or why it has none to show. A list runs no plugin's code: the options
/// of one that does not have them in its file are asked for by name alone.
struct Found : PluginInfo {
  std::optional<Description> description;
};

constexpr const char* kAsk = "(its file does not describe it: runexp plugins {} loads it)";

Json json_of(const Found& plugin) {
  Json json = {{"kind", plugin.kind},
               {"name", plugin.name},
               {"version", plugin.version},
               {"file", plugin.file.string()}};
  if (plugin.description) json.update(Json::parse(describe_json(*plugin.description)));
  if (!plugin.refused.empty()) json["refused"] = plugin.refused;
  return json;
}

/// Those that the command line asks for; throws if it asks for one that is not there.
std::vector<Found> chosen_plugins(const Registry& registry, const Options& options) {
  const std::vector<std::string> kinds(std::begin(kPluginKinds), std::end(kPluginKinds));
  if (!options.kind.empty() && std::find(kinds.begin(), kinds.end(), options.kind) == kinds.end()) {
    fail(Failure::usage, "--kind: unknown kind '{}' (known: {}){}", options.kind, join(kinds),
         did_you_mean(options.kind, kinds));
  }
  std::vector<Found> found;
  std::vector<std::string> names;
  for (PluginInfo& plugin : registry.list()) {
    if (!options.kind.empty() && plugin.kind != options.kind) continue;
    names.push_back(plugin.name);
    if (options.name.empty() || plugin.name == options.name)
      found.push_back({std::move(plugin), std::nullopt});
  }
  if (found.empty() && !options.name.empty()) {
    std::vector<std::string> searched;
    for (const auto& place : registry.searched()) searched.push_back(place.string());
    fail(Failure::plugin, "unknown plugin '{}'{} (found: {}; looked in {})", options.name,
         did_you_mean(options.name, names), join(names), join(searched));
  }
  for (Found& plugin : found) {
    if (!plugin.refused.empty() || (options.name.empty() && !plugin.described)) continue;
    try {
      plugin.description = registry.describe(plugin.kind, plugin.name);
    } catch (const Error& error) {
      plugin.refused = error.what();
    }
  }
  return found;
}

void print_table(const std::vector<Found>& plugins) {
  std::size_t kind_width = 4, name_width = 4;
  for (const Found& plugin : plugins) {
    kind_width = std::max(kind_width, plugin.kind.size());
    name_width = std::max(name_width, plugin.name.size());
  }
  for (const Found& plugin : plugins) {
    if (!plugin.refused.empty()) continue;
    fmt::print("{:<{}}  {}  {}\n", plugin.kind, kind_width,
               styled(stdout, Style::bold, fmt::format("{:<{}}", plugin.name, name_width)),
               plugin.description ? plugin.description->summary : fmt::format(kAsk, plugin.name));
  }
  for (const Found& plugin : plugins) {
    if (plugin.refused.empty()) continue;
    fmt::print("{} {}\n", styled(stdout, Style::red, "refused:"), printable(plugin.refused));
  }
}

/// Text that may stand in a cell of a Markdown table.
std::string cell_text(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

void print_markdown_options(const std::vector<OptionDescription>& options,
                            const std::string& prefix) {
  for (const OptionDescription& option : options) {
    const std::string limits = limits_text(option);
    fmt::print("| `{}{}` | {}{} | {} | {} |\n", prefix, option.name, cell_text(option.type),
               limits.empty() ? "" : cell_text(", " + limits),
               option.required ? "required"
               : option.default_value.empty()
                   ? ""
                   : fmt::format("`{}`", cell_text(option.default_value)),
               cell_text(option.meaning));
    print_markdown_options(option.nested, prefix + option.name + ".");
  }
}

void print_markdown_table(const Description& description) {
  if (description.options.empty()) return;
  fmt::print("\n| option | type | default | meaning |\n| --- | --- | --- | --- |\n");
  print_markdown_options(description.options, "");
}

/// The reference page: the experiment file, then a section a kind, a table a plugin.
void print_markdown(const std::vector<Found>& plugins) {
  fmt::print("\n## The experiment file\n");
  print_markdown_table(schema_of<ExperimentOptions>().description());
  for (const std::string_view kind : kPluginKinds) {
    bool first = true;
    for (const Found& plugin : plugins) {
      if (plugin.kind != kind || !plugin.description) continue;
      if (first) fmt::print("\n## Kind: {}\n", kind);
      first = false;
      fmt::print("\n### {}: {}\n\n{}\n", kind, plugin.name, plugin.description->summary);
      print_markdown_table(*plugin.description);
    }
  }
}

int run_plugins(const Options& options) {
  Registry registry;
  for (const std::string& place : options.places) registry.add(place);
  const std::vector<Found> plugins = chosen_plugins(registry, options);
  if (options.json) {
    Json all = Json::array();
    for (const Found& plugin : plugins) all.push_back(json_of(plugin));
    print_json(all);
  } else if (options.markdown) {
    print_markdown(plugins);
  } else if (options.name.empty()) {
    print_table(plugins);
  } else {
    for (const Found& plugin : plugins) {
      if (!plugin.refused.empty()) throw Error(Failure::plugin, plugin.refused);
      fmt::print("{} {} {}  {}\n{}", plugin.kind, styled(stdout, Style::bold, plugin.name),
                 plugin.version, styled(stdout, Style::dim, plugin.file.string()),
                 describe_text(*plugin.description));
    }
  }
  return 0;
}

}  // namespace

void add_plugins(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(app, chosen, "plugins", "lists plugins, or one's options",
                                  "runexp plugins lstm", options, run_plugins);
  command.add_option("name", options->name, "describe this plugin alone");
  command.add_option("--kind", options->kind, "only this kind: cell, sampler, …");
  command.add_option("--plugins", options->places, "a folder or library to look in besides")
      ->allow_extra_args(false);
  command.add_flag("--json", options->json, "everything, as JSON");
  command.add_flag("--markdown", options->markdown, "as the tables of docs/reference.md");
}

}  // namespace unroll::cli
