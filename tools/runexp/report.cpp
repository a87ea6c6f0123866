#include "report.hpp"

#include <fmt/format.h>

#include <unroll/core/text.hpp>

#include "json_output.hpp"

namespace unroll::cli {
namespace {

Json json_of(const Figures& figures) {
  return {{"loss_nats_per_token", figures.loss()},
          {"bits_per_character", figures.bits_per_character()},
          {"perplexity", figures.perplexity()},
          {"accuracy", figures.accuracy()},
          {"tokens", figures.tokens}};
}

Json json_of(const Trainer& trainer, const Summary& summary, const std::string& path) {
  Json json = {{"experiment", trainer.options().experiment},
               {"status", summary.status == Status::completed ? "completed" : "interrupted"},
               {"run_file", path.empty() ? Json() : Json(path)},
               {"split", trainer.plan().split_name},
               {"parameters", trainer.plan().parameters},
               {"steps", summary.steps},
               {"epochs", summary.epochs},
               {"stopped_early", summary.stopped_early},
               {"train", json_of(summary.train)}};
  if (summary.validation) json["validation"] = json_of(*summary.validation);
  if (summary.test) json["test"] = json_of(*summary.test);
  json["best_step"] = summary.best_step;
  json["seconds"] = summary.seconds;
  json["tokens_per_second"] = summary.tokens_per_second;
  return json;
}

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// The command that writes with this run's model.
std::string sample_command(const Trainer& trainer, const std::string& path) {
  const std::string prompt = trainer.options().generate.all_prompts().front();
  return fmt::format("{} sample {} --prompt {} --sampler temperature:temperature=0.7", program(),
                     path, quoted(prompt));
}

}  // namespace

std::string figures_text(const Figures& figures) {
  return fmt::format("{:.4f} nats/token, {:.3f} bits/char", figures.loss(),
                     figures.bits_per_character());
}

void TrainingReport::announce(const Trainer& trainer, const std::string& path) {
  const Plan& plan = trainer.plan();
  line_.print(
      fmt::format("{}  {} with {} parameters, {} tokens to learn from, {} to check on ({})",
                  styled(stderr, Style::bold, trainer.options().experiment),
                  trainer.options().model.name, human_count(static_cast<double>(plan.parameters)),
                  human_count(static_cast<double>(plan.train_tokens)),
                  human_count(static_cast<double>(plan.validation_tokens)), plan.split_name));
  const std::string from =
      trainer.step() > 0 ? fmt::format("from step {}, ", trainer.step()) : std::string();
  const std::string length =
      plan.counts ? "one counting pass"
                  : fmt::format("{} steps of {} tokens", plan.total_steps, plan.tokens_per_step);
  line_.print(styled(stderr, Style::dim,
                     fmt::format("{}{} -> {} (Ctrl-C saves and ends)", from, length, path)));
}

void TrainingReport::on_step(const Progress& p) {
  if (!line_.due()) return;
  line_.show(fmt::format("epoch {}/{}  step {}/{}  loss {:.3f}{}  {} tokens/s  {} left", p.epoch,
                         p.epochs, p.step, p.total_steps, p.loss, validation_,
                         human_count(p.tokens_per_second), human_seconds(p.seconds_left)));
}

void TrainingReport::on_evaluation(const EvaluationReport& report) {
  std::string text = fmt::format("epoch {:>2}  step {:>6}", report.epoch, report.step);
  if (report.train.tokens > 0) text += fmt::format("  training {:.4f}", report.train.loss());
  if (report.validation) {
    text += "  validation " + figures_text(*report.validation);
    if (report.best) text += styled(stderr, Style::green, "  best");
    validation_ = fmt::format("  validation {:.3f}", report.validation->loss());
  }
  line_.print(text);
}

void TrainingReport::on_samples(const std::vector<SampleReport>& samples) {
  for (const SampleReport& sample : samples) {
    const std::string unknown =
        sample.unknown > 0 ? fmt::format(" ({} unknown in the prompt)", sample.unknown) : "";
    const std::string prompt = styled(stderr, Style::dim, printable(sample.prompt));
    line_.print(fmt::format("{}\n{}{}\n",
                            styled(stderr, Style::cyan, "--- " + sample.sampler + unknown), prompt,
                            printable(sample.text)));
  }
}

void TrainingReport::on_early_stop(std::int64_t step, std::int64_t best_step) {
  line_.print(
      fmt::format("stopped early at step {}: no improvement since step {}", step, best_step));
}

void print_summary(const Trainer& trainer, const Summary& summary, const std::string& path,
                   bool json) {
  if (json) {
    print_json(json_of(trainer, summary, path));
    return;
  }
  const bool completed = summary.status == Status::completed;
  const bool counts = trainer.plan().counts;
  const std::string work = counts ? "one counting pass" : fmt::format("{} steps", summary.steps);
  fmt::print("{}  {}: {} in {} ({} tokens/s)\n",
             styled(stdout, Style::bold, trainer.options().experiment),
             completed ? "completed" : "interrupted, saved", work, human_seconds(summary.seconds),
             human_count(summary.tokens_per_second));
  const auto row = [](const char* name, const std::string& text) {
    fmt::print("  {:<11} {}\n", name, text);
  };
  if (summary.validation) {
    const std::string best = counts ? "" : fmt::format(", best at step {}", summary.best_step);
    row("validation",
        fmt::format("{}, accuracy {:.1f} %, split {}{}", figures_text(*summary.validation),
                    100 * summary.validation->accuracy(), trainer.plan().split_name, best));
  }
  if (summary.test) row("test", figures_text(*summary.test));
  if (summary.train.tokens > 0) row("training", figures_text(summary.train));
  row("run file", path);
  if (completed)
    row("write", sample_command(trainer, path));
  else
    row("go on", fmt::format("{} resume {}", program(), path));
}

}  // namespace unroll::cli
