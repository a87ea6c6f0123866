// runexp sample: what a run learnt, put to use from its run file alone: writes, translates,
// classifies.
#include <fmt/format.h>

#include <unroll/core/text.hpp>

#include "commands.hpp"
#include "experiment_arguments.hpp"
#include "open_run.hpp"
#include "precision.hpp"
#include "sample.hpp"
#include "sampler_text.hpp"

namespace unroll::cli {
namespace {

struct Options {
  std::string run, data, precision;
  std::optional<std::string> prompt;
  std::optional<std::int64_t> length;
  std::vector<std::string> samplers, plugins;
  std::vector<std::int64_t> rows;
  std::optional<std::uint64_t> seed;
  std::int64_t num_samples = 1;
  bool interactive = false, json = false;
};

using Goal = Task::Goal;

/// "says the class of a text".
std::string what_it_does(const Task& task) {
  const char* reads = task.reads_features ? "features" : task.reads_text ? "a text" : "a class";
  switch (task.goal) {
    case Goal::next_token:
      return "goes on from a prompt";
    case Goal::label:
      return fmt::format("says the class of {}", reads);
    case Goal::values:
      return fmt::format("says numbers of {}", reads);
    case Goal::tags:
      return "tags a text";
    case Goal::text:
      break;
  }
  if (task.reads_text) return "answers a text with another";
  return task.reads_features || task.reads_label ? fmt::format("writes a text for {}", reads)
                                                 : "writes texts from nothing";
}

Writer open_writer(const Options& options) {
  Writer writer;
  const RunRecord run = read_run(options.run);
  writer.registry = make_registry(options.plugins);
  writer.experiment = load_experiment(run, *writer.registry);
  writer.run = options.run;
  writer.prompt = options.prompt.value_or(writer.experiment.generate.all_prompts().front());
  writer.data = options.data;
  writer.rows = options.rows;
  writer.length = options.length.value_or(writer.experiment.generate.length);
  writer.count = options.num_samples;
  writer.seed = options.seed.value_or(writer.experiment.seed);
  writer.precision = weight_format(options.precision.empty() ? writer.experiment.generate.precision
                                                             : options.precision);
  writer.json = options.json;
  for (const std::string& text : options.samplers)
    writer.samplers.push_back(sampler_from_text(text, *writer.registry));
  writer.model = load_model(run, *writer.registry);
  return writer;
}

/// Refuses what does not go with the model's task, and says what does.
void check(Writer& writer, const Options& options) {
  const Task task = writer.model.task();
  const std::string does = fmt::format("{}: this model {}", options.run, what_it_does(task));
  if (!writes_text(task.goal) && !writer.samplers.empty())
    fail(Failure::usage, "{} and chooses no tokens: leave --sampler out", does);
  if (task.goal == Goal::next_token && !writer.data.empty())
    fail(Failure::usage, "{}: give it --prompt TEXT, not --data", does);
  if (task.reads_features && writer.data.empty())
    fail(Failure::usage,
         "{}: give it a file of them in the form of its own data, --data FILE, and --row N for one "
         "of them{}",
         does, options.prompt ? "; a prompt says nothing to it" : "");
  if (!writer.rows.empty() && writer.data.empty())
    fail(Failure::usage, "--row is of a file: give --data FILE too");
  if (task.reads_text && task.goal != Goal::next_token && writer.prompt.empty() &&
      writer.data.empty() && !options.interactive)
    fail(Failure::usage, "{}: give it one, --prompt TEXT, or a file of them, --data FILE", does);
  if (task.goal != Goal::next_token && writer.precision != WeightFormat::f32)
    fail(Failure::usage,
         "{}, with float32 weights alone: leave --precision out, which is for models that go on "
         "from a prompt",
         does);
  if (task.reads_features && options.interactive)
    fail(Failure::usage, "{}, which cannot be typed: leave --interactive out", does);
  if (!writes_text(task.goal) || !writer.samplers.empty()) return;
  writer.samplers = writer.experiment.generate.samplers;
  if (writer.samplers.empty() && task.goal == Goal::text)
    writer.samplers = {writer.experiment.evaluation.sampler};
  if (writer.samplers.empty())
    fail(Failure::usage, "{}: names no sampler to write with; give one: --sampler greedy",
         options.run);
}

int run_sample(const Options& options) {
  Writer writer = open_writer(options);
  check(writer, options);
  if (options.interactive) return converse(writer);
  return writer.model.task().goal == Goal::next_token ? write_samples(writer)
                                                      : give_answers(writer);
}

}  // namespace

void add_sample(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command =
      add_command(app, chosen, "sample", "writes, answers or classifies with what a run learnt",
                  "runexp sample runs/char_lstm.h5 --prompt \"today \" --length 500 \\\n"
                  "      --sampler greedy --sampler temperature:temperature=0.7,top_k=10",
                  options, run_sample);
  command.add_option("run", options->run, "the run file")->required()->type_name("RUN.h5");
  command.add_option("--prompt", options->prompt,
                     "text to go on from, to answer or to classify, or a class to write for "
                     "(default: the run's own)");
  command.add_option("--data", options->data,
                     "a file of the form of the run's data, whose examples are answered instead");
  command.add_option("--row", options->rows, "of that file, from 1; repeatable (default: all)")
      ->allow_extra_args(false)
      ->check(CLI::PositiveNumber);
  command.add_option("--length", options->length, "tokens to write (default: the run's own)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
  command
      .add_option("--sampler", options->samplers,
                  "NAME or NAME:option=value,…; repeatable (default: the run's own)")
      ->allow_extra_args(false);
  command.add_option("--seed", options->seed, "of the random choices (default: the run's own)")
      ->check(CLI::NonNegativeNumber);
  add_precision(command, options->precision, "the run's own");
  command
      .add_option("--num-samples", options->num_samples,
                  "texts of each sampler, written side by side")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
  command.add_option("--plugins", options->plugins, "a folder or library to look in besides")
      ->allow_extra_args(false);
  CLI::Option* interactive =
      command.add_flag("-i,--interactive", options->interactive, "keeps a prompt open");
  command.add_flag("--json", options->json, "as JSON")->excludes(interactive);
}

}  // namespace unroll::cli
