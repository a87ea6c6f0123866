// The subcommands: each file adds its own to the command line.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <string>

namespace unroll::cli {

/// What the chosen subcommand does; returns the exit code. Errors are thrown.
using Action = std::function<int()>;

void add_run(CLI::App& app, Action& chosen);
void add_sweep(CLI::App& app, Action& chosen);
void add_resume(CLI::App& app, Action& chosen);
void add_verify_resume(CLI::App& app, Action& chosen);
void add_rerun(CLI::App& app, Action& chosen);
void add_sample(CLI::App& app, Action& chosen);
void add_evaluate(CLI::App& app, Action& chosen);
void add_inspect(CLI::App& app, Action& chosen);
void add_compare(CLI::App& app, Action& chosen);
void add_labels(CLI::App& app, Action& chosen);
void add_list(CLI::App& app, Action& chosen);
void add_report(CLI::App& app, Action& chosen);
void add_plugins(CLI::App& app, Action& chosen);
void add_new_plugin(CLI::App& app, Action& chosen);
void add_check_plugin(CLI::App& app, Action& chosen);
void add_schema(CLI::App& app, Action& chosen);
void add_bench(CLI::App& app, Action& chosen);
void add_export(CLI::App& app, Action& chosen);
void add_import(CLI::App& app, Action& chosen);

/// A subcommand with its example below the help text. Each call of `action` gets the options that
/// the command line filled in; they live as long as the app.
template <typename Options>
CLI::App& add_command(CLI::App& app, Action& chosen, const char* name, const char* summary,
                      const char* example, Options*& options, int (*action)(const Options&)) {
  auto owned = std::make_shared<Options>();
  options = owned.get();
  CLI::App* command = app.add_subcommand(name, summary);
  command->footer(std::string("Example:\n  ") + example);
  command->callback(
      [owned, action, &chosen] { chosen = [owned, action] { return action(*owned); }; });
  return *command;
}

}  // namespace unroll::cli
