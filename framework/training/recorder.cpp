#include <unroll/training/recorder.hpp>

#include <unroll/results/run_file.hpp>

namespace unroll {
namespace {

std::vector<Metric> metrics_of(const Figures& figures) {
  return {{"loss", figures.loss(), "nats/token"},
          {"bits_per_character", figures.bits_per_character(), "bits/char"},
          {"perplexity", figures.perplexity(), "1"},
          {"accuracy", figures.accuracy(), "1"}};
}

}  // namespace

void Recorder::train(std::int64_t step, const Figures& figures, double gradient_norm,
                     double learning_rate) {
  if (file_ == nullptr) return;
  std::vector<Metric> metrics = metrics_of(figures);
  metrics.push_back({"gradient_norm", gradient_norm, "1"});
  metrics.push_back({"learning_rate", learning_rate, "1"});
  file_->append_metrics("train", step, std::move(metrics));
}

void Recorder::split(const std::string& name, std::int64_t step, const Figures& figures) {
  if (file_ != nullptr) file_->append_metrics(name, step, metrics_of(figures));
}

void Recorder::timing(std::int64_t step, double tokens_per_second, double seconds) {
  if (file_ != nullptr)
    file_->append_timing(
        "train", step,
        {{"tokens_per_second", tokens_per_second, "tokens/s"}, {"seconds", seconds, "s"}});
}

void Recorder::samples(const std::vector<SampleReport>& reports) {
  if (file_ == nullptr) return;
  for (const SampleReport& report : reports)
    file_->append_sample({report.step, report.sampler, report.prompt, report.text});
}

void Recorder::checkpoint(Checkpoint checkpoint) {
  if (file_ != nullptr) file_->checkpoint(std::move(checkpoint));
}

void Recorder::finish(Status status) {
  if (file_ == nullptr) return;
  if (status == Status::completed)
    file_->finish(RunStatus::completed);
  else
    file_->finish(RunStatus::interrupted, "stopped by a signal; `runexp resume` continues it");
}

void Recorder::fail(const std::string& reason, bool diverged) noexcept {
  try {
    if (file_ != nullptr) file_->finish(diverged ? RunStatus::diverged : RunStatus::failed, reason);
  } catch (...) {  // the caller is about to throw the first failure
  }
}

}  // namespace unroll
