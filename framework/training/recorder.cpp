#include <unroll/training/recorder.hpp>

#include <cmath>

#include <unroll/results/archive_rows.hpp>
#include <unroll/results/run_file.hpp>

namespace unroll {
namespace {

/// Seconds. What takes no longer to write is waited for: then a kill costs no step of the time that
/// the writing takes.
constexpr double kMoment = 0.05;

}  // namespace

void Recorder::train(std::int64_t step, Task::Goal goal, const Figures& figures,
                     double gradient_norm, double learning_rate) {
  if (file_ == nullptr) return;
  std::vector<Metric> metrics = basic_metrics(goal, figures);
  metrics.push_back({"gradient_norm", gradient_norm, "1"});
  metrics.push_back({"learning_rate", learning_rate, "1"});
  file_->append_metrics("train", step, std::move(metrics));
}

void Recorder::split(const std::string& name, std::int64_t step, Task::Goal goal,
                     const HeldOut& found) {
  if (file_ == nullptr) return;
  std::vector<Metric> metrics = basic_metrics(goal, found.figures);
  metrics.insert(metrics.end(), found.metrics.begin(), found.metrics.end());
  file_->append_metrics(name, step, std::move(metrics));
  if (!found.details.entries().empty()) file_->record().evaluation.merge(name, found.details);
}

void Recorder::timing(std::int64_t step, Task::Goal goal, double targets_per_second,
                      double seconds) {
  if (file_ == nullptr) return;
  const std::string unit(counted_unit(goal));
  file_->append_timing(
      "train", step,
      {{unit + "_per_second", targets_per_second, unit + "/s"}, {"seconds", seconds, "s"}});
}

void Recorder::samples(const std::vector<SampleReport>& reports) {
  if (file_ == nullptr) return;
  for (const SampleReport& report : reports)
    file_->append_sample({report.step, report.sampler, report.prompt, report.text,
                          report.expected.value_or(std::string()), report.figures});
}

void Recorder::look(Archive RunRecord::*table, std::int64_t step, const Intervals& intervals,
                    const Archive& row) {
  if (file_ == nullptr || row.entries().empty()) return;
  Archive& rows = file_->record().*table;
  keep_rows(rows, [&](std::int64_t s) { return s < step && intervals.keeps(s, step); });
  append_row(rows, step, row);
}

void Recorder::reading(Archive found) {
  if (file_ != nullptr) file_->record().reading = std::move(found);
}

void Recorder::judgements(const std::vector<Judgement>& judgements) {
  if (file_ == nullptr || judgements.empty()) return;
  std::vector<std::string> expected;
  std::vector<double> reached;
  std::vector<std::int32_t> met;
  for (const Judgement& judgement : judgements) {
    expected.push_back(judgement.expectation.text());
    reached.push_back(judgement.reached.value_or(std::nan("")));
    met.push_back(judgement.met ? 1 : 0);
  }
  const std::vector<std::int64_t> shape{std::ssize(judgements)};
  Archive found;
  found.put("expected", Array{shape, expected, {}});
  found.put("reached", Array{shape, reached, {}});
  found.put("met", Array{shape, met, {}});
  file_->record().evaluation.merge("expectations", found);
}

void Recorder::first_checkpoint(Checkpoint checkpoint) {
  if (file_ != nullptr) file_->checkpoint(std::move(checkpoint));
}

void Recorder::checkpoint(Checkpoint checkpoint) {
  if (file_ == nullptr) return;
  file_->begin_checkpoint(std::move(checkpoint));
  if (file_->writing_seconds() < kMoment) file_->poll(2 * kMoment);
}

void Recorder::poll() {
  if (file_ != nullptr) file_->poll();
}

double Recorder::writing_seconds() const {
  return file_ == nullptr ? 0 : file_->writing_seconds();
}

bool Recorder::begin() const {
  return file_ != nullptr && !file_->has_checkpoint();
}

void Recorder::best(RunRecord::Best best) {
  if (file_ != nullptr) file_->record().best = std::move(best);
}

void Recorder::finish(Status status, const std::string& reason) {
  if (file_ == nullptr) return;
  file_->finish(status == Status::completed ? RunStatus::completed : RunStatus::interrupted,
                reason);
}

void Recorder::fail(const std::string& reason, bool diverged) noexcept {
  try {
    if (file_ != nullptr) file_->finish(diverged ? RunStatus::diverged : RunStatus::failed, reason);
  } catch (...) {  // the caller is about to throw the first failure
  }
}

}  // namespace unroll
