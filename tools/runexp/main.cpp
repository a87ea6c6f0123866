// runexp: trains, samples, evaluates and lists experiments. `runexp FILE.yaml` is `runexp run`.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/plugin/manifest.hpp>
#include <unroll/plugin/trust.hpp>

#include "commands.hpp"
#include "crash_report.hpp"
#include "interrupt.hpp"
#include "launch.hpp"
#include "spinning.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

constexpr int kUsage = static_cast<int>(Failure::usage);

/// The end of a failure: says why, ends the other processes of an MPI run, returns the exit code.
int complain(std::string_view message, int code) {
  fmt::print(stderr, "{} {}\n", styled(stderr, Style::red, "runexp:"), printable(message));
  leave_ranks(code);
  return code;
}

/// Puts `run` before an experiment's name or an option; says what is wrong with any other word.
void insert_run(std::vector<std::string>& words, const CLI::App& app) {
  if (words.empty()) return;
  const std::string& first = words.front();
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  const auto is = [&first](const std::string& name) { return first == name; };
  if (std::any_of(names.begin(), names.end(), is)) return;
  if (first == "-h" || first == "--help" || first == "--version") return;
  const bool names_a_file = first.find_first_of("./") != std::string::npos;
  if (!first.empty() && first[0] != '-' && !names_a_file && !std::filesystem::exists(first)) {
    fail(Failure::usage, "unknown command '{}' (known: {}){}", first, join(names),
         did_you_mean(first, names));
  }
  words.insert(words.begin(), "run");
}

/// Most commands compute; those that do not start in half the time without `limit_spinning`.
bool computes(std::string_view command) {
  constexpr std::string_view kOthers[] = {"compare", "list",   "new-plugin", "note",
                                          "plugins", "rename", "schema",     "tag"};
  return std::ranges::find(kOthers, command) == std::end(kOthers);
}

int run_main(int argc, char** argv) {
  CLI::App app("Trains and compares recurrent networks described in YAML.", "runexp");
  app.set_version_flag("--version", std::string("runexp " UNROLL_FRAMEWORK_VERSION));
  app.require_subcommand(1);
  app.footer(
      "Examples:\n"
      "  runexp experiments/char_lstm.yaml            trains (short for runexp run …)\n"
      "  runexp sample char_lstm.h5 --prompt \"today \"  writes with what was learnt\n"
      "Every command has its own --help.\n"
      "Exit codes: 0 done, 1 failed, 2 usage or experiment file, 3 plugin, 4 data or run file,\n"
      "5 diverged, 6 a gate failed, 130/143 interrupted and saved.");
  Action chosen;
  add_run(app, chosen);
  add_sweep(app, chosen);
  add_resume(app, chosen);
  add_verify_resume(app, chosen);
  add_rerun(app, chosen);
  add_sample(app, chosen);
  add_evaluate(app, chosen);
  add_inspect(app, chosen);
  add_compare(app, chosen);
  add_list(app, chosen);
  add_report(app, chosen);
  add_labels(app, chosen);
  add_plugins(app, chosen);
  add_new_plugin(app, chosen);
  add_check_plugin(app, chosen);
  add_schema(app, chosen);
  add_bench(app, chosen);
  add_export(app, chosen);
  add_import(app, chosen);

  // Of every command, and wherever it stands.
  app.add_flag_callback("--trust-plugins", trust_plugins,
                        "loads plugins whoever may change their files");
  std::vector<std::string> words(argv + 1, argv + argc);
  if (std::erase(words, "--trust-plugins") > 0) trust_plugins();
  insert_run(words, app);
  if (words.empty()) words = {"--help"};
  std::reverse(words.begin(), words.end());  // the order that CLI11 takes
  try {
    app.parse(words);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return complain(fmt::format("{} (see runexp --help)", error.what()), kUsage);
  }
  if (*stop_flag() == 0 && computes(app.get_subcommands().front()->get_name()))
    limit_spinning(argv);
  return chosen();
}

int run_guarded(int argc, char** argv) {
  try {
    if (argc > 0) program() = argv[0];
    catch_interrupts();
    report_crashes();
    const int code = run_main(argc, argv);
    leave_ranks(code);
    return code;
  } catch (const Error& error) {
    return complain(error.what(), error.exit_code());
  } catch (const std::bad_alloc&) {
    return complain("out of memory", 1);
  } catch (const std::exception& error) {
    return complain(error.what(), 1);
  } catch (...) {
    return complain("failed for an unknown reason", 1);
  }
}

}  // namespace

}  // namespace unroll::cli

int main(int argc, char** argv) {
  const int code = unroll::cli::run_guarded(argc, argv);
  unroll::cli::leave_in_peace();
  return code;
}
