#include "progress_report.hpp"

#include <fmt/format.h>

#include <unroll/core/text.hpp>
#include <unroll/metrics/cycle.hpp>

#include "sampler_table.hpp"

namespace unroll::cli {
namespace {

constexpr std::size_t kGlimpse = 2;

std::string in_quotes(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// The command that writes with this run's model.
std::string sample_command(Trainer& trainer, const std::string& path) {
  std::string prompt = trainer.options().generate.all_prompts().front();
  const Task& task = trainer.plan().task;
  if (task.reads_label && prompt.empty()) prompt = trainer.model().domain->classes.front();
  const char* sampler =
      task.reads_text && task.goal == Task::Goal::text ? "beam" : "temperature:temperature=0.7";
  return fmt::format("{} sample {} --prompt {} --sampler {}", program(), path, in_quotes(prompt),
                     sampler);
}

/// ", cycles every 14 characters" where a text ends in the same words again and again.
std::string cycle_text(const std::string& text) {
  const std::optional<metrics::Cycle> cycle = metrics::find_cycle(metrics::characters(text));
  if (!cycle) return {};
  return cycle->period == 1 ? ", cycles every character"
                            : fmt::format(", cycles every {} characters", cycle->period);
}

std::string judgement_text(const Judgement& judgement) {
  const std::string reached =
      judgement.reached ? fmt::format("reached {:.4g}", *judgement.reached) : "no such figure";
  return fmt::format("{}: {}", judgement.expectation.text(),
                     judgement.met ? reached : styled(stdout, Style::red, "missed, " + reached));
}

}  // namespace

std::string figures_text(Task::Goal goal, const Figures& figures) {
  std::string text = fmt::format("{:.4f} {}", figures.loss(), loss_unit(goal));
  if (writes_text(goal)) {
    text += fmt::format(", {:.3f} bits/char", figures.bits_per_character());
    if (figures.characters > 2 * figures.counted)  // tokens of more than a character
      text += fmt::format(", perplexity {:.2f}", figures.perplexity());
  }
  if (goal == Task::Goal::label || goal == Task::Goal::tags)
    text += fmt::format(", accuracy {:.1f} %", 100 * figures.accuracy());
  return text;
}

std::string metrics_text(const std::vector<Metric>& metrics) {
  std::string text;
  for (const Metric& metric : metrics)
    text += fmt::format(", {} {:.4g}{}", metric.name, metric.value,
                        metric.unit == "1" ? "" : " " + metric.unit);
  return text;
}

Json figures_json(Task::Goal goal, const Figures& figures, const std::vector<Metric>& metrics) {
  Json json;
  for (const Metric& metric : basic_metrics(goal, figures)) json[metric.name] = metric.value;
  for (const Metric& metric : metrics) json[metric.name] = metric.value;
  json["loss_unit"] = std::string(loss_unit(goal));
  json[std::string(counted_unit(goal))] = figures.counted;
  return json;
}

Json summary_json(const Trainer& trainer, const Summary& summary, const std::string& path) {
  const Task::Goal goal = trainer.plan().task.goal;
  Json json = {{"experiment", trainer.options().experiment},
               {"status", summary.status == Status::completed ? "completed" : "interrupted"},
               {"reason", summary.reason.empty() ? Json() : Json(summary.reason)},
               {"run_file", path.empty() ? Json() : Json(path)},
               {"split", trainer.plan().split_name},
               {"notices", trainer.plan().notices},
               {"parameters", trainer.plan().parameters},
               {"steps", summary.steps},
               {"epochs", summary.epochs},
               {"stopped_early", summary.stopped_early},
               {"train", figures_json(goal, summary.train, {})}};
  if (summary.validation)
    json["validation"] = figures_json(goal, *summary.validation, summary.validation_metrics);
  if (summary.test) json["test"] = figures_json(goal, *summary.test, summary.test_metrics);
  for (const Judgement& judgement : summary.judgements)
    json["expectations"].push_back(
        {{"expected", judgement.expectation.text()},
         {"reached", judgement.reached ? Json(*judgement.reached) : Json()},
         {"met", judgement.met}});
  json["best_step"] = summary.best_step;
  if (trainer.plan().task.goal == Task::Goal::next_token)
    json["samplers"] = sampler_json(compare_samplers(summary.samples));
  json["seconds"] = summary.seconds;
  json[std::string(counted_unit(goal)) + "_per_second"] = summary.targets_per_second;
  return json;
}

void TrainingReport::announce(const Trainer& trainer, const std::string& path) {
  const Plan& plan = trainer.plan();
  goal_ = plan.task.goal;
  const std::string counted(counted_unit(goal_));
  line_.print(
      fmt::format("{}  {} with {} parameters, {} {} to learn from, {} to check on ({})",
                  styled(stderr, Style::bold, trainer.options().experiment),
                  trainer.options().model.name, human_count(static_cast<double>(plan.parameters)),
                  human_count(static_cast<double>(plan.train_targets)), counted,
                  human_count(static_cast<double>(plan.validation_targets)), plan.split_name));
  for (const auto& [name, coverage] :
       {std::pair("vocabulary", plan.text), std::pair("vocabulary of the target", plan.target)})
    if (coverage && !coverage->complete())
      line_.print(styled(stderr, Style::dim, fmt::format("{} {}", name, coverage->text())));
  for (const std::string& notice : plan.notices)
    line_.print(styled(stderr, Style::dim, printable(notice)));
  if (plan.transfer) line_.print(styled(stderr, Style::dim, printable(plan.transfer->text())));
  if (plan.frozen > 0)
    line_.print(styled(stderr, Style::dim,
                       fmt::format("{} of the parameters are frozen",
                                   human_count(static_cast<double>(plan.frozen)))));
  const std::string from =
      trainer.step() > 0 ? fmt::format("from step {}, ", trainer.step()) : std::string();
  const std::string length = plan.counts ? "one counting pass"
                                         : fmt::format("{} steps of {} {}", plan.total_steps,
                                                       plan.targets_per_step, counted);
  line_.print(styled(stderr, Style::dim,
                     fmt::format("{}{} -> {} (Ctrl-C saves and ends)", from, length, path)));
}

void TrainingReport::on_step(const Progress& p) {
  last_step_ = p.step == p.total_steps;
  if (!line_.due()) return;
  line_.show(fmt::format("epoch {}/{}  step {}/{}  loss {:.3f}{}  {} {}/s  {} left", p.epoch,
                         p.epochs, p.step, p.total_steps, p.loss, validation_,
                         human_count(p.targets_per_second), counted_unit(goal_),
                         human_seconds(p.seconds_left)));
}

void TrainingReport::on_evaluation(const EvaluationReport& report) {
  std::string text = fmt::format("epoch {:>2}  step {:>6}", report.epoch, report.step);
  if (report.train.counted > 0) text += fmt::format("  training {:.4f}", report.train.loss());
  if (report.validation) {
    text +=
        "  validation " + figures_text(goal_, *report.validation) + metrics_text(report.metrics);
    if (report.best) text += styled(stderr, Style::green, "  best");
    validation_ = fmt::format("  validation {:.3f}", report.validation->loss());
  }
  line_.print(text);
}

void TrainingReport::on_samples(const std::vector<SampleReport>& samples) {
  std::size_t shown = 0;
  for (const SampleReport& sample : samples) {
    if (sample.expected) {  // a glimpse while it goes, all of them at the end
      if (shown++ < (last_step_ ? samples.size() : kGlimpse)) print_example(sample);
      continue;
    }
    const std::string unknown =
        sample.unknown > 0 ? fmt::format(" ({} unknown in the prompt)", sample.unknown) : "";
    const std::string prompt = styled(stderr, Style::dim, printable(sample.prompt));
    if (goal_ == Task::Goal::text) {
      line_.print(fmt::format("{}  {} {} {}", styled(stderr, Style::cyan, "--- " + sample.sampler),
                              prompt, styled(stderr, Style::dim, "->"), printable(sample.text)));
      continue;
    }
    line_.print(fmt::format("{}\n{}{}\n",
                            styled(stderr, Style::cyan, "--- " + sample.sampler + unknown) +
                                styled(stderr, Style::dim, cycle_text(sample.text)),
                            prompt, printable(sample.text)));
  }
}

void TrainingReport::print_example(const SampleReport& sample) {
  const bool right = sample.text == *sample.expected;
  const std::string verdict =
      right ? styled(stderr, Style::green, "right")
            : styled(stderr, Style::dim, "expected: ") + printable(*sample.expected);
  line_.print(fmt::format("    {} {} {}  {}", printable(sample.prompt),
                          styled(stderr, Style::dim, "->"), printable(sample.text), verdict));
}

void TrainingReport::on_early_stop(std::int64_t step, std::int64_t best_step) {
  line_.print(
      fmt::format("stopped early at step {}: no improvement since step {}", step, best_step));
}

void print_summary(Trainer& trainer, const Summary& summary, const std::string& path, bool json) {
  if (json) {
    print_json(summary_json(trainer, summary, path));
    return;
  }
  const bool completed = summary.status == Status::completed;
  const Task::Goal goal = trainer.plan().task.goal;
  const bool counts = trainer.plan().counts;
  const std::string work = counts ? "one counting pass" : fmt::format("{} steps", summary.steps);
  fmt::print("{}  {}: {} in {} ({} {}/s)\n",
             styled(stdout, Style::bold, trainer.options().experiment),
             completed ? "completed" : "interrupted, saved", work, human_seconds(summary.seconds),
             human_count(summary.targets_per_second), counted_unit(goal));
  const auto row = [](const char* name, const std::string& text) {
    fmt::print("  {:<11} {}\n", name, text);
  };
  if (summary.validation) {
    const std::string best = counts ? "" : fmt::format(", best at step {}", summary.best_step);
    row("validation",
        fmt::format("{}{}, split {}{}", figures_text(goal, *summary.validation),
                    metrics_text(summary.validation_metrics), trainer.plan().split_name, best));
  }
  if (summary.test)
    row("test", figures_text(goal, *summary.test) + metrics_text(summary.test_metrics));
  if (summary.train.counted > 0) row("training", figures_text(goal, summary.train));
  for (const Judgement& judgement : summary.judgements) row("expected", judgement_text(judgement));
  row("run file", path);
  if (goal == Task::Goal::next_token)
    fmt::print("{}", sampler_table(compare_samplers(summary.samples)));
  const Task task = trainer.plan().task;
  const bool writes =
      goal == Task::Goal::next_token || (goal == Task::Goal::text && !task.reads_features);
  if (completed && writes)
    row("write", sample_command(trainer, path));
  else if (completed)
    row("ask", fmt::format("{} sample {} {}", program(), path,
                           task.reads_text ? "--prompt TEXT" : "--data FILE"));
  if (!completed) row("go on", fmt::format("{} resume {}", program(), path));
}

}  // namespace unroll::cli
