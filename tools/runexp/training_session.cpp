#include "training_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include <unroll/autodiff/anomaly.hpp>
#include <unroll/core/duration.hpp>
#include <unroll/core/error.hpp>
#include <unroll/results/median_rule.hpp>

#include "interrupt.hpp"
#include "progress_report.hpp"
#include "terminal.hpp"

namespace unroll::cli {

namespace {

/// Interrupts its own sitting where it is told to, or where the verdict says so.
class SittingReport final : public TrainingReport {
 public:
  SittingReport(const SessionOptions& options, const Trainer& trainer, const RunWriter& file)
      : TrainingReport(options.quiet), options_(options), trainer_(trainer), file_(file) {}

  void on_step(const Progress& progress) override {
    TrainingReport::on_step(progress);
    if (progress.step == options_.kill_at) ::raise(SIGKILL);
    if (progress.step == options_.stop_at) request_stop();
  }

  void on_evaluation(const EvaluationReport& report) override {
    TrainingReport::on_evaluation(report);
    if (!options_.verdict || report.step >= trainer_.plan().total_steps || reason_) return;
    reason_ = options_.verdict(report.step, file_.record());
    if (reason_) request_stop();
  }

  /// Why it was ended by the verdict, if it was.
  const std::optional<std::string>& reason() const noexcept { return reason_; }

 private:
  const SessionOptions& options_;
  const Trainer& trainer_;
  const RunWriter& file_;
  std::optional<std::string> reason_;
};

}  // namespace

void add_session_options(CLI::App& command, SessionOptions& options) {
  command.add_flag("--gate", options.gate, "exit code 6 if what the experiment expects is missed");
  // The time runs from here, so that loading the data counts.
  command
      .add_option_function<std::string>(
          "--max-time", [](const std::string& text) { stop_after(parse_duration(text)); },
          "saves and ends after this time (90s, 10m, 2h30m); resumable, exit code 143")
      ->type_name("DURATION");
  command.add_flag_callback(
      "--detect-anomalies", [] { detect_anomalies(true); },
      "ends at the first NaN or infinity that an operation computes, and names it; slower");
  // In no help text: for the tests, and for verify-resume.
  for (const auto& [name, step] :
       {std::pair("--stop-at", &options.stop_at), std::pair("--kill-at", &options.kill_at)})
    command.add_option(name, *step)->group("");
  command.add_flag("-q,--quiet", options.quiet, "no progress");
  command.add_flag("--json", options.json, "the result as JSON on stdout");
}

Summary sit(Trainer& trainer, RunWriter& file, const SessionOptions& options) {
  file.record().planned_steps = trainer.plan().total_steps;  // may be more than there were
  SittingReport report(options, trainer, file);
  report.announce(trainer, file.path().string());
  Summary summary = trainer.train(&file, report, stop_flag());
  if (report.reason() && summary.status == Status::interrupted) {
    summary.reason = *report.reason();
    file.finish(RunStatus::interrupted, summary.reason);
  }
  return summary;
}

int exit_code(const Summary& summary, const std::string& path, const SessionOptions& options) {
  if (summary.status == Status::completed) {
    const bool met = std::all_of(summary.judgements.begin(), summary.judgements.end(),
                                 [](const Judgement& judgement) { return judgement.met; });
    return options.gate && !met ? static_cast<int>(Failure::gate) : 0;
  }
  if (says_pruned(summary.reason)) {
    fmt::print(stderr, "{}\n", summary.reason);
    return 0;
  }
  if (options.json) fmt::print(stderr, "interrupted; go on with: {} resume {}\n", program(), path);
  return interrupted_code();
}

int train(Trainer& trainer, RunWriter& file, const SessionOptions& options) {
  const std::string path = file.path().string();
  const Summary summary = sit(trainer, file, options);
  print_summary(trainer, summary, path, options.json);
  return exit_code(summary, path, options);
}

}  // namespace unroll::cli
