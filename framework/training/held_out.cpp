#include <unroll/training/held_out.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace unroll {
namespace {

using Goal = Task::Goal;

std::size_t at(std::int64_t index) {
  return static_cast<std::size_t>(index);
}

std::string numbers_text(std::span<const float> values) {
  std::string text;
  for (const float value : values) text += fmt::format("{:.4g} ", value);
  if (!text.empty()) text.pop_back();
  return text;
}

std::string expected_text(const Model& model, const Encoded& split, std::int64_t place) {
  const Example& example = split.examples[at(place)];
  switch (model.task().goal) {
    case Goal::label:
      return example.label;
    case Goal::values:
      return numbers_text(example.values);
    case Goal::tags:
      return example.target;
    case Goal::text:
      return model.writes_target() ? example.target : example.text;
    case Goal::next_token:
      break;
  }
  return {};
}

/// What the evaluation says of an example, of goals other than texts.
std::string answer_text(const Model& model, const Evaluation& found, std::int64_t place) {
  switch (model.task().goal) {
    case Goal::label:
      return model.domain->classes[at(found.labels[at(place)])];
    case Goal::tags:
      return model.target_tokenizer->decode(found.tags[at(place)], model.domain->target);
    case Goal::values: {
      const std::size_t count = model.domain->fields.values.size();
      return numbers_text(std::span(found.values).subspan(at(place) * count, count));
    }
    default:
      return {};
  }
}

void add_written(const Model& model, const Encoded& split, const HeldOutOptions& options,
                 HeldOut& found, const StopFlag* stop) {
  const std::vector<std::int64_t> places = spread(options.texts, split.size());
  const std::vector<std::string> written =
      write_texts(model, split, places, options.make_sampler, options.writing, stop);
  std::vector<std::string> expected;
  for (const std::int64_t place : places) expected.push_back(expected_text(model, split, place));
  // Without anything to read, every text is as right as another.
  const Task task = model.task();
  if (task.reads_text || task.reads_features)
    found.metrics = text_metrics(model, written, expected, options.text_metrics);
  for (const std::int64_t i : spread(options.rows, static_cast<std::int64_t>(places.size())))
    if (options.rows > 0)
      found.rows.push_back({given_text(model, split, places[at(i)]),
                            expected_text(model, split, places[at(i)]), written[at(i)]});
}

}  // namespace

std::string_view loss_unit(Goal goal) {
  if (goal == Goal::values) return "squared error";
  return goal == Goal::label ? "nats/example" : "nats/token";
}

std::string_view counted_unit(Goal goal) {
  return goal == Goal::label || goal == Goal::values ? "examples" : "tokens";
}

std::vector<Metric> basic_metrics(Goal goal, const Figures& figures) {
  std::vector<Metric> metrics = {{"loss", figures.loss(), std::string(loss_unit(goal))}};
  if (goal == Goal::values) {
    metrics.push_back({"rmse", std::sqrt(figures.loss()), "1"});
    return metrics;
  }
  if (writes_text(goal)) {
    metrics.push_back({"bits_per_character", figures.bits_per_character(), "bits/char"});
    metrics.push_back({"perplexity", figures.perplexity(), "1"});
  }
  metrics.push_back({"accuracy", figures.accuracy(), "1"});
  return metrics;
}

std::string given_text(const Model& model, const Encoded& split, std::int64_t place) {
  const Example& example = split.examples[at(place)];
  const Task task = model.task();
  if (task.reads_text && model.domain->fields.text) return example.text;
  if (task.reads_label) return example.label;
  return task.reads_features ? example.origin : std::string();
}

HeldOut examine(const Model& model, const Encoded& split, const HeldOutOptions& options,
                const StopFlag* stop) {
  HeldOut held_out;
  const Evaluation found = evaluate(model, split, options.batch, stop);
  held_out.figures = found.figures;
  const Goal goal = model.task().goal;
  if (stopped(stop)) return held_out;
  if (goal == Goal::text) {
    add_written(model, split, options, held_out, stop);
    return held_out;
  }
  if (goal == Goal::label)
    held_out.metrics = label_metrics(*model.domain, split, found, held_out.details);
  if (goal == Goal::values) held_out.metrics = value_metrics(*model.domain, split, found);
  if (goal == Goal::tags) held_out.metrics = tag_metrics(split, found);
  if (goal != Goal::next_token && options.rows > 0) {
    for (const std::int64_t place : spread(options.rows, split.size()))
      held_out.rows.push_back({given_text(model, split, place), expected_text(model, split, place),
                               answer_text(model, found, place)});
  }
  return held_out;
}

}  // namespace unroll
