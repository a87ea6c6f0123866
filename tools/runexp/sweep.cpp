// runexp sweep: every point of an experiment that describes many.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

#include "commands.hpp"
#include "interrupt.hpp"
#include "sweep_command.hpp"
#include "sweep_jobs.hpp"
#include "sweep_point.hpp"
#include "sweep_report.hpp"
#include "sweep_slurm.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

struct Options {
  SweepArguments sweep;
  PointPolicy policy;
  std::string point, digest;
  bool dry_run = false, estimate = false, slurm = false;
  SlurmOptions cluster;
  SessionOptions session;
};

/// Refuses to mix runs of other settings into the sweep, all of them in one go.
void refuse_others(const SweepPlan& plan, const std::vector<PointStatus>& statuses) {
  Problems problems;
  for (std::size_t i = 0; i < plan.points.size(); ++i)
    if (statuses[i].state == PointState::differs)
      problems.add({}, fmt::format("{}: is a run of other settings: {}",
                                   plan.points[i].file.string(), statuses[i].message));
  if (problems.empty()) return;
  problems.add({}, "give another folder with --output, or --force to replace these runs");
  problems.throw_if_any();
}

/// The points that this call has to run.
std::vector<std::size_t> todo_of(const std::vector<PointStatus>& statuses,
                                 const PointPolicy& policy) {
  std::vector<std::size_t> todo;
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    const PointState state = statuses[i].state;
    const bool failed = state == PointState::failed || state == PointState::diverged;
    if (state == PointState::open || state == PointState::resumable || (failed && policy.retry) ||
        (state == PointState::pruned && policy.resume_pruned) ||
        (state == PointState::differs && policy.force))
      todo.push_back(i);
  }
  return todo;
}

int exit_code(const std::vector<PointStatus>& statuses, bool gate) {
  const auto any = [&](PointState state) {
    return std::ranges::find(statuses, state, &PointStatus::state) != statuses.end();
  };
  if (any(PointState::failed)) return static_cast<int>(Failure::run);
  if (any(PointState::diverged)) return static_cast<int>(Failure::diverged);
  const bool missed = std::ranges::any_of(statuses, &PointStatus::missed);
  return gate && missed ? static_cast<int>(Failure::gate) : 0;
}

int run_single(const SweepPlan& plan, const Options& options) {
  const PlannedPoint& point = find_point(plan, options.point);
  if (!options.digest.empty() && options.digest != point.digest)
    fail(Failure::usage,
         "{}: the point {} is another experiment now than when the sweep began; begin the sweep "
         "again",
         options.sweep.experiment.file, point.name());
  return run_point(plan, point, options.policy, options.session);
}

/// Hands the points to a cluster; with --dry-run prints what it would be given.
int run_slurm(const SweepPlan& plan, const std::vector<std::size_t>& todo, const Options& options) {
  SlurmOptions cluster = options.cluster;
  cluster.at_once = options.sweep.jobs;
  const std::vector<std::string> scripts =
      slurm_scripts(plan, options.sweep, options.policy, todo, cluster);
  if (options.dry_run) {
    for (const std::string& script : scripts) fmt::print("{}", script);
    return 0;
  }
  const std::vector<std::string> jobs = submit(plan, scripts);
  if (options.session.json) {
    print_json({{"experiment", plan.experiment},
                {"folder", plan.folder.string()},
                {"submitted", todo.size()},
                {"jobs", jobs}});
    return 0;
  }
  if (jobs.empty()) fmt::print("{}: nothing is left to run\n", plan.experiment);
  for (const std::string& job : jobs)
    fmt::print("{}  submitted as job {}: watch it with squeue --job {}, end it with scancel {}\n",
               plan.experiment, job, job, job);
  return 0;
}

int run_sweep(const Options& options) {
  SweepArguments arguments = options.sweep;
  if (options.slurm) {  // one thread a task, unless the experiment or the options say more
    arguments.jobs = std::numeric_limits<int>::max();
    if (const auto processors = processors_of(options.cluster); processors)
      arguments.experiment.threads = processors;
  } else if (!options.cluster.options.empty()) {
    fail(Failure::usage, "--slurm-option goes with --slurm");
  }
  const SweepPlan plan = plan_sweep(arguments);
  if (!options.point.empty()) return run_single(plan, options);
  std::vector<PointStatus> statuses = statuses_of(plan);
  if (options.dry_run && !options.slurm) {
    list_points(plan, statuses, options.estimate, options.session.json);
    return 0;
  }
  if (!options.policy.force) refuse_others(plan, statuses);
  const std::vector<std::size_t> todo = todo_of(statuses, options.policy);
  if (options.slurm) return run_slurm(plan, todo, options);
  const auto start = std::chrono::steady_clock::now();
  JobOptions jobs;
  jobs.jobs = options.sweep.side_by_side();
  jobs.quiet = options.session.quiet;
  jobs.command = [&](const PlannedPoint& point) {
    return point_command(plan, options.sweep, options.policy, point);
  };
  announce(plan, statuses, todo.size(), jobs.jobs, options.session.quiet);
  run_jobs(plan, todo, statuses, jobs);
  SweepSummary summary;
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  summary.interrupted = stopped(stop_flag());
  summary.again = sweep_command_text(options.sweep);
  print_summary(plan, statuses, summary, options.session.json);
  return summary.interrupted ? interrupted_code() : exit_code(statuses, options.session.gate);
}

}  // namespace

void add_sweep(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command =
      add_command(app, chosen, "sweep", "runs every point of an experiment with sweep: or seeds:",
                  "runexp sweep experiments/sweep_cells.yaml --jobs 2", options, run_sweep);
  add_sweep_arguments(command, options->sweep);
  command.add_flag("--dry-run", options->dry_run, "lists the points and runs nothing");
  command.add_flag("--estimate", options->estimate,
                   "with --dry-run: parameters and time of each point, from a few real steps");
  command.add_flag("--retry", options->policy.retry, "tries failed and diverged points again");
  command.add_flag("--resume-pruned", options->policy.resume_pruned,
                   "goes on with points that were pruned, to their end");
  command.add_flag("--force", options->policy.force,
                   "replaces run files that are there with other settings");
  command
      .add_option("--point", options->point,
                  "runs this point alone, in this process, as every job does")
      ->type_name("NAME");
  command
      .add_option("--digest", options->digest,
                  "with --point: refuses a point that has become another experiment (of --dry-run "
                  "--json)")
      ->type_name("DIGEST");
  command.add_flag("--slurm", options->slurm,
                   "submits the points to a Slurm cluster as a job array, one task each; with "
                   "--dry-run prints the script");
  command
      .add_option("--slurm-option", options->cluster.options,
                  "an option of sbatch: --slurm-option partition=long --slurm-option time=2:00:00; "
                  "repeatable")
      ->allow_extra_args(false)
      ->type_name("NAME[=VALUE]");
  add_session_options(command, options->session);
}

}  // namespace unroll::cli
