// runexp sample: writes text with what a run learnt, from its run file alone.
#include <fmt/format.h>

#include <iostream>

#include <unroll/core/text.hpp>
#include <unroll/training/generation.hpp>
#include <unroll/training/writing.hpp>

#include "commands.hpp"
#include "experiment_arguments.hpp"
#include "interrupt.hpp"
#include "json_output.hpp"
#include "open_run.hpp"
#include "sampler_text.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

struct Options {
  std::string run;
  std::optional<std::string> prompt;
  std::optional<std::int64_t> length;
  std::vector<std::string> samplers, plugins;
  std::optional<std::uint64_t> seed;
  std::int64_t num_samples = 1;
  bool interactive = false, json = false;
};

/// A run's model and how to write with it.
struct Writer {
  std::unique_ptr<Registry> registry;
  Model model;
  std::string prompt;
  std::int64_t length = 300;
  std::uint64_t seed = 1;
  std::vector<PluginChoice> samplers;

  std::string label_of(const PluginChoice& choice) const {
    return label("sampler", choice, *registry);
  }
};

Writer open_writer(const Options& options) {
  Writer writer;
  const RunRecord run = read_run(options.run);
  writer.registry = make_registry(options.plugins);
  const ExperimentOptions experiment = load_experiment(run, *writer.registry);
  writer.prompt = options.prompt.value_or(experiment.generate.all_prompts().front());
  writer.length = options.length.value_or(experiment.generate.length);
  writer.seed = options.seed.value_or(experiment.seed);
  for (const std::string& text : options.samplers)
    writer.samplers.push_back(sampler_from_text(text, *writer.registry));
  if (writer.samplers.empty()) writer.samplers = experiment.generate.samplers;
  if (writer.samplers.empty()) {
    fail(Failure::usage, "{}: names no sampler to write with; give one: --sampler greedy",
         options.run);
  }
  writer.model = load_model(run, *writer.registry);
  return writer;
}

/// Says which characters or words of a prompt the model does not know.
void warn_of_unknown(const Model& model, std::string_view prompt) {
  const Vocabulary& vocabulary = model.domain->text;
  const std::vector<std::string> tokens = model.text_tokenizer->cut(prompt);
  const std::vector<TokenId> ids = model.text_tokenizer->encode(prompt, vocabulary);
  std::vector<std::string> unknown;
  for (std::size_t i = 0; i < std::min(tokens.size(), ids.size()); ++i) {
    if (ids[i] != vocabulary.special().unknown) continue;
    const std::string quoted = "'" + printable(tokens[i]) + "'";
    if (std::find(unknown.begin(), unknown.end(), quoted) == unknown.end())
      unknown.push_back(quoted);
  }
  if (unknown.empty()) return;
  fmt::print(stderr, "runexp: the vocabulary lacks {} of the prompt; read as unknown\n",
             join(unknown));
}

void check_utf8(std::string_view prompt) {
  if (const auto at = first_invalid_utf8(prompt))
    fail(Failure::usage, "the prompt is not UTF-8 at byte offset {}", *at);
}

/// Shows pieces of text as they are written; false asks for the end.
bool show(std::string_view piece) {
  std::cout << (is_terminal(stdout) ? printable(piece) : std::string(piece)) << std::flush;
  return *stop_flag() == 0 && std::cout.good();
}

bool show_nothing(std::string_view /*piece*/) {
  return *stop_flag() == 0;
}

int write_samples(const Writer& writer, std::int64_t count, bool json) {
  check_utf8(writer.prompt);
  warn_of_unknown(writer.model, writer.prompt);
  Generator generator(writer.model);
  const bool labelled = writer.samplers.size() > 1 || count > 1;
  Json all = Json::array();
  for (std::int64_t i = 0; i < count; ++i) {
    for (const PluginChoice& choice : writer.samplers) {
      const auto sampler = writer.registry->make_sampler(choice);
      const std::string name = writer.label_of(choice);
      RandomStream random(writer.seed, fmt::format("sample/{}/{}", name, i));
      if (!json) {
        if (labelled) fmt::print("{}\n", styled(stdout, Style::cyan, "--- " + name));
        std::fflush(stdout);
        show(writer.prompt);
      }
      const Generated text = generator.generate(writer.prompt, writer.length, *sampler, random,
                                                json ? show_nothing : show);
      if (!json) fmt::print("\n{}", labelled ? "\n" : "");
      all.push_back(
          {{"sampler", name},
           {"number", i},
           {"seed", writer.seed},
           {"prompt", writer.prompt},
           {"text", text.text},
           {"unknown", text.unknown},
           {"tokens", text.tokens},
           {"us_per_token",
            1e6 * text.seconds / static_cast<double>(std::max<std::int64_t>(text.tokens, 1))}});
      if (*stop_flag() != 0) return interrupted_code();
    }
  }
  if (json) print_json(all);
  return 0;
}

/// Models that answer a text or a class: what each sampler writes.
int write_answers(const Writer& writer, std::int64_t count, bool json) {
  check_utf8(writer.prompt);
  const Task task = writer.model.task();
  if (task.reads_features)
    fail(Failure::usage, "this model writes from features, which cannot be typed; see `evaluate`");
  if (task.reads_text && writer.model.writes_target()) warn_of_unknown(writer.model, writer.prompt);
  const std::vector<std::string> prompts(static_cast<std::size_t>(count), writer.prompt);
  const Encoded given = encode_prompts(writer.model, prompts);
  const std::vector<std::int64_t> all = spread(0, count);
  Json answers = Json::array();
  for (const PluginChoice& choice : writer.samplers) {
    const std::string name = writer.label_of(choice);
    WritingOptions writing;
    writing.length = writer.length;
    writing.seed = writer.seed;
    writing.stream = "sample/" + name;
    const std::vector<std::string> texts = write_texts(
        writer.model, given, all, [&] { return writer.registry->make_sampler(choice); }, writing,
        stop_flag());
    if (*stop_flag() != 0) return interrupted_code();
    if (!json && writer.samplers.size() > 1)
      fmt::print("{}\n", styled(stdout, Style::cyan, "--- " + name));
    for (const std::string& text : texts) {
      if (!json) fmt::print("{}\n", is_terminal(stdout) ? printable(text) : text);
      answers.push_back({{"sampler", name}, {"prompt", writer.prompt}, {"text", text}});
    }
  }
  if (json) print_json(answers);
  return 0;
}

constexpr const char* kHelp =
    "Type a prompt to go on from; an empty line goes on from the last text.\n"
    "  :sampler temperature:temperature=0.7   writes with another sampler\n"
    "  :length 500                            writes so many tokens\n"
    "  :quit                                  ends (so does Ctrl-D)\n";

/// One line of a person; false ends.
bool answer(Writer& writer, Generator& generator, RandomStream& random, const std::string& line) {
  const auto argument = [&line](std::string_view command) -> std::optional<std::string> {
    if (!line.starts_with(command)) return std::nullopt;
    return line.substr(command.size());
  };
  if (line == ":quit" || line == ":q") return false;
  if (const auto text = argument(":sampler ")) {
    writer.samplers = {sampler_from_text(*text, *writer.registry)};
  } else if (const auto length = argument(":length ")) {
    if (!CLI::detail::lexical_cast(*length, writer.length) || writer.length < 1)
      fail(Failure::usage, ":length wants a number from 1, not '{}'", *length);
  } else if (line.starts_with(":")) {
    fmt::print(stderr, "{}", kHelp);
  } else {
    check_utf8(line);
    if (!line.empty()) {
      warn_of_unknown(writer.model, line);
      generator.reset();
      generator.read(line);
    }
    const auto sampler = writer.registry->make_sampler(writer.samplers.front());
    show(line);
    generator.write(writer.length, *sampler, random, show);
    fmt::print("\n");
    std::fflush(stdout);
  }
  return true;
}

int converse(Writer& writer) {
  Generator generator(writer.model);
  RandomStream random(writer.seed, "interactive");
  fmt::print(stderr, "{}", kHelp);
  const std::string mark = fmt::format("{}> ", writer.label_of(writer.samplers.front()));
  for (std::string line;;) {
    if (is_terminal(stdin)) fmt::print(stderr, "{}", styled(stderr, Style::cyan, mark));
    if (!std::getline(std::cin, line)) break;
    try {
      if (!answer(writer, generator, random, line)) break;
    } catch (const Error& error) {
      fmt::print(stderr, "runexp: {}\n", printable(error.what()));
    }
    if (*stop_flag() != 0) break;
  }
  return *stop_flag() != 0 ? interrupted_code() : 0;
}

int run_sample(const Options& options) {
  Writer writer = open_writer(options);
  if (writer.model.task().goal == Task::Goal::text && !options.interactive)
    return write_answers(writer, options.num_samples, options.json);
  return options.interactive ? converse(writer)
                             : write_samples(writer, options.num_samples, options.json);
}

}  // namespace

void add_sample(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command =
      add_command(app, chosen, "sample", "writes text with what a run learnt",
                  "runexp sample runs/char_lstm.h5 --prompt \"today \" --length 500 \\\n"
                  "      --sampler greedy --sampler temperature:temperature=0.7,top_k=10",
                  options, run_sample);
  command.add_option("run", options->run, "the run file")->required()->type_name("RUN.h5");
  command.add_option("--prompt", options->prompt, "text to go on from (default: the run's own)");
  command.add_option("--length", options->length, "tokens to write (default: the run's own)")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
  command
      .add_option("--sampler", options->samplers,
                  "NAME or NAME:option=value,…; repeatable (default: the run's own)")
      ->allow_extra_args(false);
  command.add_option("--seed", options->seed, "of the random choices (default: the run's own)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--num-samples", options->num_samples, "texts of each sampler")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}));
  command.add_option("--plugins", options->plugins, "a folder or library to look in besides")
      ->allow_extra_args(false);
  CLI::Option* interactive =
      command.add_flag("-i,--interactive", options->interactive, "keeps a prompt open");
  command.add_flag("--json", options->json, "as JSON")->excludes(interactive);
}

}  // namespace unroll::cli
