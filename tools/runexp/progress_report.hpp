// What training tells: progress and samples on stderr while it goes, a summary on stdout after it.
#pragma once

#include <string>

#include <unroll/training/held_out.hpp>
#include <unroll/training/trainer.hpp>

#include "json_output.hpp"
#include "terminal.hpp"

namespace unroll::cli {

/// "1.512 nats/token, 2.181 bits/char".
std::string figures_text(Task::Goal goal, const Figures& figures);
/// ", bleu 28.31, exact_match 0.412"; empty without metrics.
std::string metrics_text(const std::vector<Metric>& metrics);
Json figures_json(Task::Goal goal, const Figures& figures, const std::vector<Metric>& metrics);

class TrainingReport : public Observer {
 public:
  explicit TrainingReport(bool quiet) : line_(quiet) {}

  /// What is about to happen: model, data, where it goes.
  void announce(const Trainer& trainer, const std::string& path);

  void on_step(const Progress& progress) override;
  void on_evaluation(const EvaluationReport& report) override;
  void on_samples(const std::vector<SampleReport>& samples) override;
  void on_early_stop(std::int64_t step, std::int64_t best_step) override;

 private:
  void print_example(const SampleReport& sample);

  ProgressLine line_;
  std::string validation_;
  bool last_step_ = false;
  Task::Goal goal_ = Task::Goal::next_token;
};

/// What a run ended with, for machines.
Json summary_json(const Trainer& trainer, const Summary& summary, const std::string& path);
/// What a run ended with, on stdout: for people, or as JSON. `path` may be empty.
void print_summary(Trainer& trainer, const Summary& summary, const std::string& path, bool json);

}  // namespace unroll::cli
