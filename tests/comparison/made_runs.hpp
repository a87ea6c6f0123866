// Runs in memory for the tests of comparisons.
#pragma once

#include <string>
#include <vector>

#include <unroll/comparison/collect.hpp>

namespace unroll::comparison {

/// A complete run of this configuration whose validation loss went through these values.
inline ComparedRun made_run(const std::string& file, const std::string& yaml,
                            const std::vector<double>& losses) {
  ComparedRun run;
  run.path = file;
  run.record.experiment = "made";
  run.record.run_id = file;
  run.record.status = RunStatus::completed;
  run.record.config_resolved = yaml;
  run.record.step = 10 * static_cast<std::int64_t>(losses.size());
  for (std::size_t i = 0; i < losses.size(); ++i)
    run.record.metrics["validation"].append(10 * static_cast<std::int64_t>(i + 1),
                                            {{"loss", losses[i], "nats/token"}});
  run.settings = Settings::parse(yaml, file);
  run.status = "completed";
  return run;
}

/// The same of a cell and a seed.
inline ComparedRun made_run(const std::string& cell, int seed, const std::vector<double>& losses) {
  return made_run("runs/" + cell + std::to_string(seed) + ".h5",
                  "seed: " + std::to_string(seed) + "\nmodel: {many_to_many: {cell: " + cell +
                      ", hidden: 64}}\ntraining: {batch: 32}\noutput: runs/" + cell + ".h5",
                  losses);
}

}  // namespace unroll::comparison
