#include <unroll/training/run_state.hpp>

namespace unroll {
namespace {

void put(Archive& archive, const std::string& name, const Figures& figures) {
  archive.put(name + "/total", figures.total);
  archive.put(name + "/counted", figures.counted);
  archive.put(name + "/correct", figures.correct);
  archive.put(name + "/characters", figures.characters);
}

Figures figures_of(const Archive& archive, const std::string& name) {
  return {archive.number(name + "/total"), archive.integer(name + "/counted"),
          archive.integer(name + "/correct"), archive.integer(name + "/characters")};
}

std::optional<Figures> optional_figures(const Archive& archive, const std::string& name) {
  if (!archive.has(name + "/total")) return std::nullopt;
  return figures_of(archive, name);
}

void put(Archive& archive, const std::string& name, const std::vector<Metric>& metrics) {
  for (const Metric& metric : metrics)
    archive.put(name + "/" + metric.name,
                Array{{}, std::vector<double>{metric.value}, {{"unit", metric.unit}}});
}

std::vector<Metric> metrics_of(const Archive& archive, const std::string& name) {
  const Archive saved = archive.below(name);
  std::vector<Metric> metrics;
  for (const auto& [metric, array] : saved.entries()) {
    const auto unit = array.attributes.find("unit");
    metrics.push_back({metric, saved.number(metric),
                       unit == array.attributes.end() ? std::string("1") : unit->second});
  }
  return metrics;
}

std::int64_t number(bool flag) {
  return flag ? 1 : 0;
}

}  // namespace

Archive RunState::save() const {
  Archive archive;
  put(archive, "since_log", since_log);
  put(archive, "since_evaluation", since_evaluation);
  archive.put("norms_since_log", norms_since_log);
  archive.put("steps_since_log", steps_since_log);
  archive.put("learning_rate", learning_rate);
  archive.put("due/log", number(due.log));
  archive.put("due/evaluation", number(due.evaluation));
  archive.put("due/samples", number(due.samples));
  archive.put("best/loss", best.loss);
  archive.put("best/step", best.step);
  put(archive, "best/figures", best.figures);
  put(archive, "best/metrics", best.metrics);
  archive.put("early_stopping/loss", counted_loss);
  archive.put("early_stopping/waited", waited);
  archive.put("early_stopping/stopped", number(stopped_early));
  if (train) put(archive, "last/train", *train);
  if (validation) put(archive, "last/validation", *validation);
  put(archive, "last/metrics", validation_metrics);
  archive.put("last/sampled_step", sampled_step);
  archive.put("timing/seconds", seconds);
  return archive;
}

void RunState::restore(const Archive& state) {
  since_log = figures_of(state, "since_log");
  since_evaluation = figures_of(state, "since_evaluation");
  norms_since_log = state.number("norms_since_log");
  steps_since_log = state.integer("steps_since_log");
  learning_rate = state.number("learning_rate");
  due = {state.integer("due/log") != 0, state.integer("due/evaluation") != 0,
         state.integer("due/samples") != 0, false, false};
  best.loss = state.number("best/loss");
  best.step = state.integer("best/step");
  best.figures = figures_of(state, "best/figures");
  best.metrics = metrics_of(state, "best/metrics");
  counted_loss = state.number("early_stopping/loss");
  waited = state.integer("early_stopping/waited");
  stopped_early = state.integer("early_stopping/stopped") != 0;
  train = optional_figures(state, "last/train");
  validation = optional_figures(state, "last/validation");
  validation_metrics = metrics_of(state, "last/metrics");
  // Absent in files of before there were closing samples.
  if (state.has("last/sampled_step")) sampled_step = state.integer("last/sampled_step");
  seconds = state.number("timing/seconds");
}

}  // namespace unroll
