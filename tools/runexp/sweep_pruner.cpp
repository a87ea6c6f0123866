#include "sweep_pruner.hpp"

#include <unroll/results/observed_run.hpp>

#include "sweep_log.hpp"

namespace unroll::cli {

std::vector<RunCurve> Pruner::completed() {
  std::vector<RunCurve> curves;
  for (const PlannedPoint& other : plan_.points) {
    if (&other == &point_) continue;
    auto found = known_.find(other.name());
    if (found == known_.end()) {
      if (!std::filesystem::exists(other.file)) continue;
      try {
        const auto [run, writer] = observe_run(other.file, RunParts::without_arrays);
        if (writer || run.status != RunStatus::completed) continue;
        found =
            known_.emplace(other.name(), curve_of(*plan_.prune, other.name(), run.metrics)).first;
      } catch (const Error&) {  // a damaged file is no measure
        continue;
      }
    }
    curves.push_back(found->second);
  }
  return curves;
}

std::optional<std::string> Pruner::judge(std::int64_t step, const RunRecord& run) {
  const MedianRule& rule = *plan_.prune;
  if (step < rule.warmup) return std::nullopt;
  const auto verdict =
      unroll::judge(rule, curve_of(rule, point_.name(), run.metrics), completed(), step);
  if (!verdict || !verdict->prune) return std::nullopt;
  Json others = Json::object();
  for (std::size_t i = 0; i < verdict->compared.size(); ++i)
    others[verdict->compared[i]] = verdict->averages[i];
  log_event(plan_.folder, "pruned", point_.name(),
            {{"step", step},
             {"metric", rule.metric},
             {"best", verdict->best},
             {"median", verdict->median},
             {"averages", others}});
  return verdict_text(rule, *verdict);
}

}  // namespace unroll::cli
