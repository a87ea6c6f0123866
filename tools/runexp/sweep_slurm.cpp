#include "sweep_slurm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include <unroll/config/scalar.hpp>
#include <unroll/core/command.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/text.hpp>

namespace unroll::cli {
namespace {

constexpr std::size_t kMostTasks = 1000;  ///< Slurm's own MaxArraySize is 1001
constexpr int kMostRestarts = 100;

using Directives = std::vector<std::pair<std::string, std::string>>;

std::pair<std::string, std::string> key_and_value(const std::string& option) {
  const std::size_t equals = option.find('=');
  const std::string key = option.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : option.substr(equals + 1);
  const auto in_key = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  if (key.empty() || key.front() == '-' || !std::ranges::all_of(key, in_key) ||
      value.find_first_of("\n\r") != std::string::npos)
    fail(Failure::usage,
         "--slurm-option {}: expects an option of sbatch without its dashes, as partition=long or "
         "time=2:00:00",
         option);
  return {key, value};
}

/// Replaces what is there of that name.
void put(Directives& directives, const std::string& key, const std::string& value) {
  const auto found = std::ranges::find(directives, key, &Directives::value_type::first);
  if (found == directives.end())
    directives.emplace_back(key, value);
  else
    found->second = value;
}

std::string script(const SweepPlan& plan, const std::vector<std::string>& command,
                   const std::vector<std::size_t>& points, const SlurmOptions& options) {
  Directives directives{
      {"job-name", plan.experiment},
      {"array", fmt::format("0-{}{}", points.size() - 1,
                            options.at_once > 0 ? fmt::format("%{}", options.at_once) : "")},
      {"cpus-per-task", fmt::format("{}", plan.threads)},
      {"chdir", std::filesystem::current_path().string()},
      {"output", (std::filesystem::absolute(plan.folder) / "logs" / "slurm-%A_%a.log").string()},
      {"open-mode", "append"},
      {"signal", "B:USR1@60"},
      {"requeue", ""}};
  for (const std::string& option : options.options) {
    const auto [key, value] = key_and_value(option);
    put(directives, key, value);
  }
  std::string text = "#!/bin/bash\n";
  for (const auto& [key, value] : directives) {
    text += "#SBATCH --" + key;
    if (!value.empty()) text += "=" + shell_text({value});
    text += "\n";
  }
  text += "\n# The points, one a task, and the digest of each one's experiment.\npoints=(\n";
  for (const std::size_t i : points)
    text += fmt::format("  '{} {}'\n", plan.points[i].name(), plan.points[i].digest);
  text += fmt::format(
      ")\n"
      "read -r point digest <<<\"${{points[SLURM_ARRAY_TASK_ID]}}\"\n"
      "echo \"$point\"\n\n"
      "{} --point \"$point\" --digest \"$digest\" &\n"
      "run=$! again=no\n"
      "trap 'again=yes; kill -TERM \"$run\"' USR1  # the time is nearly up\n"
      "trap 'kill -TERM \"$run\"' TERM INT\n"
      "# A signal ends a wait; the run is still saving then.\n"
      "while kill -0 \"$run\" 2>/dev/null; do wait \"$run\"; done\n"
      "wait \"$run\"; code=$?\n"
      "if [[ $again == yes && $code == 143 && ${{SLURM_RESTART_COUNT:-0}} -lt {} ]]; then\n"
      "  scontrol requeue \"$SLURM_JOB_ID\"\n"
      "fi\n"
      "exit \"$code\"\n",
      shell_text(command), kMostRestarts);
  return text;
}

}  // namespace

std::optional<int> processors_of(const SlurmOptions& options) {
  std::optional<int> processors;
  for (const std::string& option : options.options) {
    const auto [key, value] = key_and_value(option);
    if (key != "cpus-per-task") continue;
    const auto number = parse_unsigned(value).value;
    if (!number || *number < 1 || *number > 1024)
      fail(Failure::usage, "--slurm-option {}: expects a number from 1 to 1024", option);
    processors = static_cast<int>(*number);
  }
  return processors;
}

std::vector<std::string> slurm_scripts(const SweepPlan& plan, const SweepArguments& arguments,
                                       const PointPolicy& policy,
                                       const std::vector<std::size_t>& points,
                                       const SlurmOptions& options) {
  const std::vector<std::string> command = points_command(plan, arguments, policy);
  std::vector<std::string> scripts;
  for (std::size_t first = 0; first < points.size(); first += kMostTasks) {
    const auto begin = points.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min(kMostTasks, points.size() - first);
    scripts.push_back(
        script(plan, command, {begin, begin + static_cast<std::ptrdiff_t>(count)}, options));
  }
  return scripts;
}

std::vector<std::string> submit(const SweepPlan& plan, const std::vector<std::string>& scripts) {
  std::filesystem::create_directories(plan.folder / "logs");
  std::vector<std::string> jobs;
  for (std::size_t i = 0; i < scripts.size(); ++i) {
    const std::filesystem::path file = plan.folder / fmt::format("slurm-{}.sh", i + 1);
    write_file_atomically(file, scripts[i]);
    std::string said;
    const int code = run_command({"/usr/bin/env", "sbatch", "--parsable", file.string()},
                                 [&said](const std::string& line) {
                                   if (!said.empty()) said += '\n';
                                   said += line;
                                 });
    if (code == 127)
      fail(Failure::run,
           "sbatch was not found: --slurm needs the programs of a Slurm cluster here");
    if (code != 0) fail(Failure::run, "{}: sbatch refused it: {}", file.string(), said);
    jobs.push_back(said.substr(said.rfind('\n') + 1));  // warnings stand before it
  }
  return jobs;
}

}  // namespace unroll::cli
