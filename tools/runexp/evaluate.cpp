// runexp evaluate: how well a run's model predicts a split of its data, or another file of that
// form.
#include <fmt/format.h>

#include <unroll/training/data_reader.hpp>
#include <unroll/training/decoded_figures.hpp>
#include <unroll/training/held_out.hpp>

#include "commands.hpp"
#include "experiment_arguments.hpp"
#include "interrupt.hpp"
#include "json_output.hpp"
#include "open_run.hpp"
#include "precision.hpp"
#include "progress_report.hpp"
#include "sampler_text.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

struct Options {
  std::string run, data, split = "validation", sampler, precision = "f32";
  std::vector<std::string> plugins;
  bool json = false;
};

struct Data {
  Encoded split;
  std::string name;
};

/// A split of the run's own data, or the whole of another file of the same form.
Data load_data(const Options& options, const ExperimentOptions& experiment,
               const Registry& registry, const Model& model) {
  if (!options.data.empty()) {
    std::vector<Example> examples =
        registry.make_dataset(experiment.data)->read_more(options.data, model.domain->fields, true);
    if (examples.empty()) fail(Failure::data, "{}: holds no examples", options.data);
    return {encode(std::move(examples), *model.domain, model.tokenizers()), options.data};
  }
  DataReader reader(experiment, registry);
  const auto part = options.split == "train"  ? DataReader::Part::train
                    : options.split == "test" ? DataReader::Part::test
                                              : DataReader::Part::validation;
  const std::string name = reader.splits().split_name;
  Data data{reader.encode(part, *model.domain, model.tokenizers()),
            fmt::format("{} split, {}", options.split, name)};
  if (data.split.size() == 0)
    fail(Failure::data, "{}: its data has no {} split ({})", options.run, options.split, name);
  return data;
}

/// What writes the texts of a task that writes: the run's own, or another.
PluginChoice chosen_sampler(const Options& options, const ExperimentOptions& experiment,
                            Task::Goal goal, const Registry& registry) {
  if (options.sampler.empty()) return experiment.evaluation.sampler;
  if (goal != Task::Goal::text)
    fail(Failure::usage, "--sampler {}: this model is not judged by texts that it writes",
         options.sampler);
  return sampler_from_text(options.sampler, registry);
}

/// What the decoder predicts with weights of fewer bits.
HeldOut examine_decoded(const Model& model, const Encoded& split, const Options& options) {
  if (model.task().goal != Task::Goal::next_token)
    fail(Failure::usage,
         "--precision {}: this model computes with float32 weights alone; it is for models that go "
         "on from a prompt",
         options.precision);
  HeldOut found;
  found.figures = decoded_figures(model, split, weight_format(options.precision), stop_flag());
  return found;
}

int run_evaluate(const Options& options) {
  const RunRecord run = read_run(options.run);
  const auto registry = make_registry(options.plugins);
  const ExperimentOptions experiment = load_experiment(run, *registry);
  const Model model = load_model(run, *registry);
  const Data data = load_data(options, experiment, *registry, model);
  const Task::Goal goal = model.task().goal;
  const PluginChoice sampler = chosen_sampler(options, experiment, goal, *registry);
  HeldOutOptions wanted;
  wanted.rows = options.json ? 0 : experiment.evaluation.examples;
  wanted.texts = 0;
  wanted.make_sampler = [&] { return registry->make_sampler(sampler); };
  wanted.text_metrics = {experiment.evaluation.bleu_words, experiment.evaluation.lowercase};
  wanted.writing.length = experiment.generate.length;
  wanted.writing.seed = experiment.seed;
  wanted.writing.stream = "held_out";
  const HeldOut found = weight_format(options.precision) == WeightFormat::f32
                            ? examine(model, data.split, wanted, stop_flag())
                            : examine_decoded(model, data.split, options);
  if (*stop_flag() != 0) return interrupted_code();
  const std::int64_t unknown = data.split.text.unknown;
  if (options.json) {
    Json json = figures_json(goal, found.figures, found.metrics);
    json["run_file"] = options.run;
    json["data"] = data.name;
    json["unknown"] = unknown;
    json["precision"] = options.precision;
    if (goal == Task::Goal::text) json["sampler"] = label("sampler", sampler, *registry);
    print_json(json);
    return 0;
  }
  fmt::print("{}  {}\n", styled(stdout, Style::bold, experiment.experiment), printable(data.name));
  fmt::print("  {}", figures_text(goal, found.figures));
  if (writes_text(goal)) fmt::print(", accuracy {:.1f} %", 100 * found.figures.accuracy());
  fmt::print("{}\n  {} {}", metrics_text(found.metrics), found.figures.counted, counted_unit(goal));
  if (unknown > 0) fmt::print(", {} tokens read unknown to the vocabulary", unknown);
  if (options.precision != "f32") fmt::print(", {} weights", options.precision);
  if (goal == Task::Goal::text)
    fmt::print(", texts written by {}", label("sampler", sampler, *registry));
  fmt::print("\n");
  for (const ExampleRow& row : found.rows)
    fmt::print("\n  {}\n    expected: {}\n    produced: {}\n", printable(row.given),
               printable(row.expected), printable(row.produced));
  return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command = add_command(
      app, chosen, "evaluate", "measures how well a run's model predicts its data or another file",
      "runexp evaluate runs/char_lstm.h5 --data persuasion.txt\n"
      "  runexp evaluate runs/reverse.h5 --sampler beam:width=10",
      options, run_evaluate);
  command.add_option("run", options->run, "the run file")->required()->type_name("RUN.h5");
  CLI::Option* data = command.add_option("--data", options->data,
                                         "another file of the form of the run's data, all of it");
  command.add_option("--split", options->split, "of the run's own data")
      ->check(CLI::IsMember({"train", "validation", "test"}))
      ->capture_default_str()
      ->excludes(data);
  command.add_option("--sampler", options->sampler,
                     "what writes texts, as `sample` takes it (default: the run's own)");
  add_precision(command, options->precision, options->precision);
  command.add_option("--plugins", options->plugins, "a folder or library to look in besides")
      ->allow_extra_args(false);
  add_no_fetch(command);
  command.add_flag("--json", options->json, "as JSON");
}

}  // namespace unroll::cli
