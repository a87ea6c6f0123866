#include "sweep_point.hpp"

#include <fmt/format.h>

#include "new_run.hpp"
#include "resume.hpp"
#include "sweep_pruner.hpp"
#include "sweep_state.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

int begin(const SweepPlan& plan, const PlannedPoint& point, bool replace,
          const SessionOptions& session) {
  Trainer trainer(point.options, *plan.base.registry);
  RunRecord record = make_record(plan.base, trainer);
  record.config_source += settings_as_comments(point.point);
  RunWriter file = RunWriter::create(point.file, std::move(record), replace);
  return train(trainer, file, session);
}

int work_on(const SweepPlan& plan, const PlannedPoint& point, const PointPolicy& policy,
            const PointStatus& status, const SessionOptions& session) {
  const bool exists = std::filesystem::exists(point.file);
  switch (status.state) {
    case PointState::completed:
      fmt::print(stderr, "{}: is complete\n", point.file.string());
      return 0;
    case PointState::elsewhere:
      fail(Failure::data, "{}: is being written by {}", point.file.string(), status.message);
    case PointState::differs:
      if (!policy.force)
        fail(Failure::usage, "{}: is a run of other settings: {}; give --force to replace it",
             point.file.string(), status.message);
      return begin(plan, point, true, session);
    case PointState::failed:
    case PointState::diverged:
      if (!policy.retry)
        fail(Failure::usage, "{}: has failed ({}); give --retry to try again", point.name(),
             status.message);
      if (status.state == PointState::failed && exists)
        return resume_run(point.file.string(), plan.plugins, session);
      return begin(plan, point, true, session);
    case PointState::pruned:
      if (!policy.resume_pruned)
        fail(Failure::usage, "{}: {}; give --resume-pruned to go on all the same", point.name(),
             status.message);
      return resume_run(point.file.string(), plan.plugins, session);
    case PointState::resumable:
      return resume_run(point.file.string(), plan.plugins, session);
    case PointState::open:
      break;
  }
  return begin(plan, point, false, session);
}

}  // namespace

int run_point(const SweepPlan& plan, const PlannedPoint& point, const PointPolicy& policy,
              SessionOptions session) {
  const PointStatus status = status_of(point, *plan.base.registry, last_failures(plan.folder));
  const bool known = status.state == PointState::completed || status.state == PointState::elsewhere;
  std::filesystem::create_directories(plan.folder);
  Pruner pruner(plan, point);
  bool pruned = false;
  if (plan.prune && status.state != PointState::pruned) {
    session.verdict = [&](std::int64_t step, const RunRecord& run) {
      auto reason = pruner.judge(step, run);
      pruned = reason.has_value();
      return reason;
    };
  }
  if (!known) log_event(plan.folder, "started", point.name(), {{"step", status.step}});
  try {
    const int code = work_on(plan, point, policy, status, session);
    if (!known && !pruned)
      log_event(plan.folder, code < 128 ? "completed" : "interrupted", point.name());
    return code;
  } catch (const std::exception& error) {
    const auto* ours = dynamic_cast<const Error*>(&error);
    // Whoever was quicker to take the point up has not failed with it.
    if (!known && !run_writer(point.file))
      log_event(plan.folder, "failed", point.name(),
                {{"message", error.what()}, {"code", ours == nullptr ? 1 : ours->exit_code()}});
    throw;
  }
}

}  // namespace unroll::cli
