#include "sweep_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include <unroll/autodiff/anomaly.hpp>
#include <unroll/plugin/trust.hpp>

#include "terminal.hpp"

namespace unroll::cli {
namespace {

std::string quoted(const std::string& word) {
  const auto plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_./,:=+-@%").find(c) != std::string_view::npos;
  };
  if (!word.empty() && std::ranges::all_of(word, plain)) return word;
  std::string result = "'";
  for (const char c : word) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// What names the same points when it is given again.
std::vector<std::string> same_points(const SweepArguments& arguments) {
  const ExperimentArguments& experiment = arguments.experiment;
  std::vector<std::string> words{"sweep", experiment.file};
  for (const std::string& assignment : experiment.overrides) {
    words.push_back("--set");
    words.push_back(assignment);
  }
  if (experiment.seed) {
    words.push_back("--seed");
    words.push_back(fmt::format("{}", *experiment.seed));
  }
  for (const std::string& place : experiment.plugins) {
    words.push_back("--plugins");
    words.push_back(place);
  }
  return words;
}

}  // namespace

std::string shell_text(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += quoted(word);
  }
  return text;
}

std::vector<std::string> points_command(const SweepPlan& plan, const SweepArguments& arguments,
                                        const PointPolicy& policy) {
  std::vector<std::string> words{std::filesystem::read_symlink("/proc/self/exe").string()};
  for (std::string& word : same_points(arguments)) words.push_back(std::move(word));
  if (plugins_are_trusted()) words.push_back("--trust-plugins");
  if (detecting_anomalies()) words.push_back("--detect-anomalies");
  for (const auto& [name, value] : {std::pair("--threads", fmt::format("{}", plan.threads)),
                                    std::pair("--output", plan.folder.string())}) {
    words.push_back(name);
    words.push_back(value);
  }
  if (policy.retry) words.push_back("--retry");
  if (policy.resume_pruned) words.push_back("--resume-pruned");
  if (policy.force) words.push_back("--force");
  return words;
}

std::vector<std::string> point_command(const SweepPlan& plan, const SweepArguments& arguments,
                                       const PointPolicy& policy, const PlannedPoint& point) {
  std::vector<std::string> words = points_command(plan, arguments, policy);
  for (const std::string& word :
       {std::string("--point"), point.name(), std::string("--digest"), point.digest})
    words.push_back(word);
  return words;
}

std::string sweep_command_text(const SweepArguments& arguments) {
  std::vector<std::string> words{program()};
  for (std::string& word : same_points(arguments)) words.push_back(std::move(word));
  if (arguments.experiment.threads) {
    words.push_back("--threads");
    words.push_back(fmt::format("{}", *arguments.experiment.threads));
  }
  if (!arguments.folder.empty()) {
    words.push_back("--output");
    words.push_back(arguments.folder);
  }
  if (arguments.jobs > 1) {
    words.push_back("--jobs");
    words.push_back(fmt::format("{}", arguments.jobs));
  }
  return shell_text(words);
}

}  // namespace unroll::cli
