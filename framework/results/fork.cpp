#include <unroll/results/fork.hpp>

#include <fmt/ranges.h>

#include <algorithm>

#include <unroll/core/error.hpp>
#include <unroll/results/kept_checkpoints.hpp>
#include <unroll/results/run_file.hpp>

namespace unroll {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& run, std::int64_t step,
                         const std::vector<std::int64_t>& kept, const RunRecord& now) {
  std::string known;
  if (now.checkpointed()) known = fmt::format("its last is of step {}", now.step);
  if (!kept.empty()) known += fmt::format("; kept are {}", fmt::join(kept, ", "));
  if (kept.empty()) known += "; training.keep keeps more";
  fail(Failure::usage, "{}: has no checkpoint of step {}; {}", run.string(), step, known);
}

}  // namespace

RunRecord fork_of(const std::filesystem::path& run, std::int64_t step) {
  RunRecord record = open_run(run);
  const std::string run_id = record.run_id;
  if (record.step != step || !record.checkpointed()) {
    const std::vector<std::int64_t> kept = kept_steps(run);
    if (!std::binary_search(kept.begin(), kept.end(), step)) refuse(run, step, kept, record);
    record = open_run(kept_checkpoint(run, step));
    if (record.run_id != run_id || record.step != step)
      fail(Failure::data, "{}: is no checkpoint of {}, but of step {} of the run {}",
           kept_checkpoint(run, step).string(), run.string(), record.step, record.run_id);
  }
  record.rewind_to_checkpoint();
  record.run_id.clear();
  record.created.clear();
  record.finished.clear();
  record.reason.clear();
  record.labels = {};
  record.environment.put("forked_from/run", run.string());
  record.environment.put("forked_from/run_id", run_id);
  record.environment.put("forked_from/step", step);
  return record;
}

}  // namespace unroll
