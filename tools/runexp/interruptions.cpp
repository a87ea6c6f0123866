#include "interruptions.hpp"

#include <algorithm>
#include <map>

namespace unroll::cli {
namespace {

constexpr std::int64_t kUsual = 24;
constexpr std::int64_t kFewest = 12;
constexpr std::int64_t kShortEpoch = 60;  ///< an epoch of so many steps is read to its end

}  // namespace

ShortRun shorten(std::int64_t steps, std::int64_t per_epoch) {
  ShortRun run;
  run.per_epoch = per_epoch;
  run.steps = steps > 0 ? steps : per_epoch <= kShortEpoch ? per_epoch + kFewest : kUsual;
  run.steps = std::max(run.steps, kFewest);
  run.evaluate_every = run.steps / 3;
  run.checkpoint_every = run.steps / 5 + 1;
  run.log_every = 3;
  return run;
}

std::vector<InterruptedAt> interruptions(const ShortRun& run) {
  std::map<std::int64_t, InterruptedAt> at;  // the first that claims a step has it
  const auto add = [&](std::int64_t step, bool killed, const char* where) {
    if (step > 0 && step < run.steps) at.try_emplace(step, InterruptedAt{step, killed, where});
  };
  add(1, false, "after the first step, before any evaluation");
  add(run.checkpoint_every, false, "right after a checkpoint");
  add(run.checkpoint_every + 1, true, "one step after a checkpoint");
  add(run.per_epoch, false, "between two epochs");
  add(run.per_epoch + 1, true, "after the first step of an epoch");
  add(run.evaluate_every, false, "when an evaluation is due");
  add(2 * run.evaluate_every + 1, true, "after an evaluation, in the middle of an epoch");
  add(run.steps - 1, false, "before the last step");
  std::vector<InterruptedAt> all;
  for (auto& [step, one] : at) all.push_back(std::move(one));
  return all;
}

}  // namespace unroll::cli
