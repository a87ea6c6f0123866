#include "new_run.hpp"

#include "environment.hpp"

namespace unroll::cli {

RunRecord make_record(const CheckedExperiment& experiment, Trainer& trainer, const Ranks* ranks) {
  RunRecord record;
  record.experiment = trainer.options().experiment;
  record.planned_steps = trainer.plan().total_steps;
  record.config_source = experiment.loaded.source_text;
  record.config_resolved = to_yaml(resolved(trainer.options()));
  record.environment = describe_environment(trainer, *experiment.registry);
  if (ranks != nullptr) record.environment.put("processes", std::int64_t{ranks->size()});
  describe_vocabulary(record, trainer);
  return record;
}

}  // namespace unroll::cli
