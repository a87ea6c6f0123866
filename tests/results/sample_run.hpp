// A small run for the tests of run files.
#pragma once

#include <unroll/results/run_file.hpp>

namespace unroll {

inline RunRecord sample_record() {
  RunRecord record;
  record.experiment = "char_lstm";
  record.run_id = "char_lstm-1";
  record.created = "2026-01-01T00:00:00Z";
  record.config_source = "seed: 1 # naïve\n";
  record.config_resolved = "seed: 1\n";
  record.environment.put("versions/unroll", std::string("0.1.0"));
  record.environment.put("threads", std::int64_t{2});
  record.vocabulary.put("tokens",
                        Array{{3}, std::vector<std::string>{"a", "ß", std::string(1, '\0')}, {}});
  return record;
}

/// Weights and state that say which step they are of.
inline Checkpoint sample_checkpoint(std::int64_t step) {
  const std::vector<float> values(12, static_cast<float>(step));
  Checkpoint checkpoint;
  checkpoint.step = step;
  checkpoint.weights.put("layer0/U", Array{{3, 4}, values, {{"gates", "i, f, g, o"}}});
  checkpoint.state.put("position/window", step);
  checkpoint.state.put("optimizer/layer0/U/first", Array{{3, 4}, values, {}});
  checkpoint.best = RunRecord::Best{step, checkpoint.weights};
  return checkpoint;
}

}  // namespace unroll
