// runexp inspect: how a run's model reads a text: each token coloured by how surprised the model
// was, what it expected, what its gates did.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include <unroll/core/error.hpp>
#include <unroll/core/files.hpp>
#include <unroll/core/text.hpp>
#include <unroll/training/reading.hpp>

#include "commands.hpp"
#include "experiment_arguments.hpp"
#include "json_output.hpp"
#include "open_run.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

struct Options {
  std::string run, file, prompt;
  std::vector<std::string> plugins;
  std::int64_t alternatives = 5, worst = 8;
  bool json = false;
};

std::string text_of(const Options& options) {
  std::string text = options.file.empty() ? options.prompt : read_file(options.file);
  const std::string name = options.file.empty() ? "--prompt" : options.file;
  if (const auto at = first_invalid_utf8(text))
    fail(Failure::data, "{}: is not UTF-8 (byte {})", name, *at);
  return text;
}

/// Read now, or what the run has kept of a held-out text.
Archive reading_of(const Options& options, const RunRecord& run) {
  if (options.file.empty() && options.prompt.empty()) {
    if (run.reading.entries().empty())
      fail(Failure::data,
           "{}: holds no reading of a held-out text; give a text with --prompt or --text",
           options.run);
    return run.reading;
  }
  const auto registry = make_registry(options.plugins);
  const Model model = load_model(run, *registry);
  if (!reads_tokens(model) || !model.domain->fields.text || model.writes_target() ||
      model.task().reads_features || model.task().reads_label)
    fail(Failure::usage,
         "{}: its model does not go on from a text alone; without --prompt and --text `inspect` "
         "shows the held-out text that the run has kept, if it is one that writes",
         options.run);
  const std::string text = text_of(options);
  Encoded encoded;
  encoded.examples.emplace_back().text = text;
  encoded.text =
      encode_texts({text}, *model.text_tokenizer, model.domain->text, model.domain->fields.whole);
  Archive reading = read_text(model, encoded, run.reading, options.alternatives);
  if (reading.entries().empty())
    fail(Failure::data, "there is nothing to predict: give a text of two tokens or more");
  return reading;
}

template <typename T>
const std::vector<T>& values_of(const Archive& archive, const std::string& name) {
  const auto* values = std::get_if<std::vector<T>>(&archive.array(name).values);
  if (values == nullptr) fail(Failure::data, "the reading's '{}' is of another type", name);
  return *values;
}

Json json_of(const Archive& reading) {
  Json json;
  const auto& tokens = values_of<std::string>(reading, "tokens");
  json["tokens"] = tokens;
  for (const char* name : {"surprise", "probabilities", "alternatives", "text", "unknown"}) {
    if (!reading.has(name)) continue;
    std::visit(
        [&](const auto& values) {
          const std::size_t each = values.size() / std::max<std::size_t>(tokens.size(), 1);
          if (reading.array(name).shape.size() < 2) {
            json[name] = values;
            return;
          }
          Json rows = Json::array();
          for (std::size_t t = 0; t < tokens.size(); ++t)
            rows.push_back(
                std::vector(values.begin() + static_cast<std::ptrdiff_t>(t * each),
                            values.begin() + static_cast<std::ptrdiff_t>((t + 1) * each)));
          json[name] = std::move(rows);
        },
        reading.array(name).values);
  }
  const Archive gates = reading.below("gates");
  for (const auto& [path, values] : gates.entries())
    json["gates"][path] = values_of<float>(gates, path);
  if (!reading.has("units/unit")) return json;
  const auto& values = values_of<float>(reading, "units/values");
  for (std::size_t u = 0; u < values_of<std::int64_t>(reading, "units/unit").size(); ++u) {
    Json unit;
    unit["layer"] = values_of<std::string>(reading, "units/layer")[u];
    unit["part"] = values_of<std::string>(reading, "units/part")[u];
    unit["unit"] = values_of<std::int64_t>(reading, "units/unit")[u];
    unit["tracks"] = values_of<std::string>(reading, "units/tracks")[u];
    unit["score"] = values_of<double>(reading, "units/score")[u];
    unit["values"] =
        std::vector(values.begin() + static_cast<std::ptrdiff_t>(u * tokens.size()),
                    values.begin() + static_cast<std::ptrdiff_t>((u + 1) * tokens.size()));
    json["units"].push_back(std::move(unit));
  }
  return json;
}

/// Steps of surprise, in nats, and the colours of a terminal's 256 for what is above them: from
/// pale through yellow and orange to red.
struct Shade {
  double from;
  int colour;
  const char* name;
};
constexpr Shade kShades[] = {{0, 0, "below 1"}, {1, 229, "1"}, {2, 221, "2"},
                             {3, 214, "3"},     {5, 208, "5"}, {7, 203, "7 nats"}};

/// What the vocabulary lacks is underlined.
std::string shaded(const std::string& piece, double surprise, bool unknown = false) {
  const Shade* shade = kShades;
  for (const Shade& each : kShades)
    if (surprise >= each.from) shade = &each;
  std::string text = printable(piece);
  if (!is_terminal(stdout)) return text;
  if (unknown) text = "\x1b[4m" + text + "\x1b[24m";
  if (shade->colour == 0) return text;
  return fmt::format("\x1b[30;48;5;{}m{}\x1b[0m", shade->colour, text);
}

/// Which tokens the vocabulary lacks; none where the file does not say.
std::vector<std::int64_t> unknown_in(const Archive& reading, std::size_t tokens) {
  std::vector<std::int64_t> unknown(tokens);
  if (reading.has("unknown")) unknown = values_of<std::int64_t>(reading, "unknown");
  return unknown;
}

/// "o 61 %, e 12 %".
std::string expected_at(const Archive& reading, std::size_t token, std::size_t most) {
  const auto& alternatives = values_of<std::string>(reading, "alternatives");
  const auto& probabilities = values_of<float>(reading, "probabilities");
  const std::size_t each = alternatives.size() / values_of<float>(reading, "surprise").size();
  std::string text;
  for (std::size_t k = 0; k < std::min(each, most); ++k)
    text += fmt::format("{}{} {:.0f} %", k > 0 ? "  " : "",
                        Json(printable(alternatives[token * each + k])).dump(),
                        100 * probabilities[token * each + k]);
  return text;
}

void print_worst(const Archive& reading, std::int64_t count) {
  const auto& tokens = values_of<std::string>(reading, "tokens");
  const auto& surprise = values_of<float>(reading, "surprise");
  std::vector<std::size_t> order(tokens.size());
  for (std::size_t t = 0; t < order.size(); ++t) order[t] = t;
  std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t t) { return surprise[t]; });
  const std::vector<std::int64_t> unknown = unknown_in(reading, tokens.size());
  order.resize(std::min(order.size(), static_cast<std::size_t>(count)));
  if (order.empty()) return;
  fmt::print("\n{}\n", styled(stdout, Style::bold, "most surprising"));
  for (const std::size_t t : order) {
    std::string before;
    for (std::size_t s = t > 24 ? t - 24 : 0; s < t; ++s) before += tokens[s];
    fmt::print("  {:5.2f} nats  {}{} after {}, instead of {}\n", surprise[t],
               Json(printable(tokens[t])).dump(), unknown[t] != 0 ? " (unknown)" : "",
               Json(printable(before)).dump(), expected_at(reading, t, 3));
  }
}

void print_units(const Archive& reading) {
  if (!reading.has("units/unit")) return;
  fmt::print("\n{}\n", styled(stdout, Style::bold, "units that follow something"));
  const auto& places = values_of<std::int64_t>(reading, "units/unit");
  for (std::size_t u = 0; u < places.size(); ++u)
    fmt::print("  {:+.2f}  {}  {} {} of {}\n", values_of<double>(reading, "units/score")[u],
               printable(values_of<std::string>(reading, "units/tracks")[u]),
               printable(values_of<std::string>(reading, "units/part")[u]), places[u],
               printable(values_of<std::string>(reading, "units/layer")[u]));
}

int run_inspect(const Options& options) {
  const RunRecord run = read_run(options.run);
  const Archive reading = reading_of(options, run);
  if (options.json) {
    print_json(json_of(reading));
    return 0;
  }
  const auto& tokens = values_of<std::string>(reading, "tokens");
  const auto& surprise = values_of<float>(reading, "surprise");
  const auto& texts = values_of<std::int64_t>(reading, "text");
  const std::vector<std::int64_t> unknown = unknown_in(reading, tokens.size());
  double sum = 0;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    if (t > 0 && texts[t] != texts[t - 1]) fmt::print("\n");
    fmt::print("{}", shaded(tokens[t], surprise[t], unknown[t] != 0));
    sum += surprise[t];
  }
  fmt::print("\n\n{} tokens, {:.4f} nats/token", tokens.size(),
             sum / static_cast<double>(tokens.size()));
  if (const auto count = std::ranges::count(unknown, 1); count > 0)
    fmt::print(", {} that the vocabulary lacks{}", count,
               is_terminal(stdout) ? " (underlined)" : "");
  if (is_terminal(stdout)) {
    fmt::print("; surprise:");
    for (const Shade& shade : kShades) fmt::print(" {}", shaded(shade.name, shade.from));
  }
  fmt::print("\n");
  print_worst(reading, options.worst);
  print_units(reading);
  return 0;
}

}  // namespace

void add_inspect(CLI::App& app, Action& chosen) {
  Options* options = nullptr;
  CLI::App& command =
      add_command(app, chosen, "inspect",
                  "shows how a run's model reads a text: its surprises and expectations",
                  "runexp inspect runs/char_lstm.h5 --prompt \"It is a truth universally\"",
                  options, run_inspect);
  command.add_option("run", options->run, "the run file")->required()->type_name("RUN.h5");
  CLI::Option* prompt = command.add_option(
      "--prompt", options->prompt, "the text (default: the held-out one that the run has kept)");
  command.add_option("--text", options->file, "a file that holds it")
      ->type_name("FILE")
      ->excludes(prompt);
  command
      .add_option("--alternatives", options->alternatives, "likeliest tokens to keep at a place")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--worst", options->worst, "most surprising tokens to list")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  command.add_option("--plugins", options->plugins, "a folder or library to look in besides")
      ->allow_extra_args(false);
  command.add_flag("--json", options->json, "as JSON");
}

}  // namespace unroll::cli
