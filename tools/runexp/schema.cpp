// runexp schema: a JSON Schema with which editors complete and check experiment files.
#include <unroll/core/error.hpp>
#include <unroll/plugin/registry.hpp>
#include <unroll/training/experiment.hpp>
#include <unroll/training/schedule.hpp>

#include "commands.hpp"
#include "schema_document.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

struct Options {
  std::vector<std::string> places;
};

int run_schema(const Options& options) {
  Registry registry;
  for (const std::string& place : options.places) registry.add(place);
  std::vector<Choosable> choices;
  for (const PluginInfo& plugin : registry.list()) {
    if (!plugin.refused.empty()) {
      fmt::print(stderr, "left out: {}\n", printable(plugin.refused));
      continue;
    }
    choices.push_back({plugin.kind, plugin.name, registry.describe(plugin.kind, plugin.name)});
  }
  for (const std::string& name : schedule_names())
    choices.push_back({"schedule", name, describe_schedule(name)});
  print_json(schema_document(schema_of<ExperimentOptions>().description(), choices));
  return 0;
}

}  // namespace

void add_schema(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command =
      add_command(app, chosen, "schema", "a JSON Schema of experiment files, for editors",
                  "runexp schema > unroll.schema.json", options, run_schema);
  command.add_option("--plugins", options->places, "a folder or library to look in besides")
      ->allow_extra_args(false);
}

}  // namespace unroll::cli
