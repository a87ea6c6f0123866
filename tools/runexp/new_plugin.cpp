// runexp new-plugin: a plugin to begin with, and a single source made into a plugin.
#include <fmt/format.h>

#include <unroll/core/error.hpp>
#include <unroll/core/installation.hpp>
#include <unroll/core/text.hpp>
#include <unroll/plugin/registry.hpp>

#include "commands.hpp"
#include "interrupt.hpp"
#include "json_output.hpp"
#include "plugin_build.hpp"
#include "plugin_template.hpp"
#include "terminal.hpp"

namespace unroll::cli {

namespace fs = std::filesystem;

namespace {

struct Options {
  std::string kind, name, in = ".", build, into;
  bool json = false;
};

/// Two plugins of one kind and name are both refused: said before anything is written.
void check_free(const Registry& registry, const std::string& kind, const std::string& name) {
  for (const PluginInfo& plugin : registry.list())
    if (plugin.kind == kind && plugin.name == name)
      fail(Failure::usage, "{} '{}' exists already, {}; choose another name", kind, name,
           plugin.file.string());
}

int write(const Options& options) {
  check_kind(options.kind);
  check_plugin_name(options.kind, options.name);
  check_free(Registry(), options.kind, options.name);
  const std::vector<fs::path> files = write_plugin_folder(options.kind, options.name, options.in);
  const fs::path folder = files.front().parent_path();
  if (options.json) {
    Json names = Json::array();
    for (const fs::path& file : files) names.push_back(file.string());
    print_json({{"kind", options.kind}, {"name", options.name}, {"files", names}});
    return 0;
  }
  for (const fs::path& file : files)
    fmt::print("{}\n", printable(file.lexically_normal().string()));
  fmt::print(stderr,
             "It works as it is; change it into what you want:\n"
             "  cd {1}\n"
             "  {0} new-plugin --build {2}.cpp\n"
             "  {0} {2}.yaml\n",
             program(), printable(folder.lexically_normal().string()), options.name);
  return 0;
}

int build(const Options& options) {
  const fs::path folder = options.into.empty() ? user_folder("plugins") : fs::path(options.into);
  if (folder.empty())
    fail(Failure::usage, "there is no $HOME to put plugins below; name a folder with --into");
  BuiltPlugin built;
  try {
    built = build_plugin(options.build, folder, Registry());
  } catch (const Error&) {
    if (*stop_flag() != 0) return interrupted_code();  // the compiler has ended, too
    throw;
  }
  const PluginInfo& plugin = built.plugin;
  if (options.json) {
    print_json({{"kind", plugin.kind},
                {"name", plugin.name},
                {"version", plugin.version},
                {"file", plugin.file.string()},
                {"replaced", built.replaced},
                {"seconds", built.seconds}});
    return 0;
  }
  fmt::print("{} {} {}  {}{}  {}\n", plugin.kind, styled(stdout, Style::bold, plugin.name),
             plugin.version, printable(plugin.file.string()), built.replaced ? " (replaced)" : "",
             human_seconds(built.seconds));
  return 0;
}

int run_new_plugin(const Options& options) {
  if (!options.build.empty()) {
    if (!options.kind.empty())
      fail(Failure::usage, "--build FILE.cpp stands alone: without KIND and NAME");
    return build(options);
  }
  if (options.name.empty())
    fail(Failure::usage, "new-plugin needs a kind and a name, or --build FILE.cpp");
  if (!options.into.empty()) fail(Failure::usage, "--into goes with --build; --in was meant?");
  return write(options);
}

}  // namespace

void add_new_plugin(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(
      app, chosen, "new-plugin", "writes a plugin that works, to be changed; builds one",
      "runexp new-plugin cell leaky && cd leaky && runexp new-plugin --build leaky.cpp", options,
      run_new_plugin);
  command.add_option("kind", options->kind,
                     "cell, architecture, tokenizer, sampler, encoder, dataset or optimizer");
  command.add_option("name", options->name, "what experiments will call it");
  command.add_option("--in", options->in, "the folder to make the new folder in (default: here)")
      ->type_name("FOLDER");
  command
      .add_option("--build", options->build,
                  "compile this source into your folder of plugins, where every runexp looks")
      ->type_name("FILE.cpp");
  command.add_option("--into", options->into, "another folder for what is built")
      ->type_name("FOLDER");
  command.add_flag("--json", options->json, "as JSON");
}

}  // namespace unroll::cli
