// A sweep as the command line names it: its points, each checked as an experiment of its own.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <unroll/config/sweep.hpp>
#include <unroll/results/median_rule.hpp>

#include "experiment_arguments.hpp"

namespace unroll::cli {

struct SweepArguments {
  ExperimentArguments experiment;
  std::string folder;  ///< empty: runs/NAME
  int jobs = 0;        ///< that share the processors; 0: not said
  int side_by_side() const { return std::max(1, jobs); }
};

/// A point and the run that it is.
struct PlannedPoint {
  SweepPoint point;
  ExperimentOptions options;
  std::string digest;  ///< of all that decides its result but the number of threads
  std::filesystem::path file;

  const std::string& name() const noexcept { return point.name; }
};

struct SweepPlan {
  CheckedExperiment base;  ///< its options are unread
  std::string experiment;  ///< its name
  std::filesystem::path folder;
  int threads = 1;                   ///< of each job
  std::vector<std::string> plugins;  ///< places given on the command line
  std::vector<PlannedPoint> points;
  std::optional<MedianRule> prune;
};

void add_sweep_arguments(CLI::App& command, SweepArguments& arguments);

/// Reads and checks the sweep and every point. Throws an Error with all mistakes.
SweepPlan plan_sweep(const SweepArguments& arguments);

/// The point of this name; throws Error(usage) naming a near one.
const PlannedPoint& find_point(const SweepPlan& plan, const std::string& name);

/// The experiment as resolved, without what changes nothing in the result: its description, the run
/// file's name and the threads, of which a run keeps those that it began with.
Node decisive(const ExperimentOptions& options);

/// The first setting that two experiments do not share, "training.batch is 32 there, 64 here";
/// empty where there is none.
std::string first_difference(const Node& there, const Node& here);

/// `# --set …` for each setting of a point, to go below the experiment as written.
std::string settings_as_comments(const SweepPoint& point);

}  // namespace unroll::cli
