// runexp sample: goes on from a prompt, token by token.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include <unroll/core/text.hpp>
#include <unroll/training/generation.hpp>
#include <unroll/training/side_by_side.hpp>

#include "commands.hpp"
#include "interrupt.hpp"
#include "json_output.hpp"
#include "sample.hpp"
#include "sampler_text.hpp"
#include "terminal.hpp"

namespace unroll::cli {

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

namespace {

/// Shows pieces of text as they are written; false asks for the end.
bool show(std::string_view piece) {
  std::cout << shown(piece) << std::flush;
  return *stop_flag() == 0 && std::cout.good();
}

}  // namespace

namespace {

/// Texts that are written side by side at most.
constexpr std::int64_t kSideBySide = 256;

RandomStream stream_of(const Writer& writer, const std::string& sampler, std::int64_t number) {
  return {writer.seed, fmt::format("sample/{}/{}", sampler, number)};
}

Json text_json(const Writer& writer, const std::string& sampler, std::int64_t number,
               const Generated& text) {
  const auto tokens = static_cast<double>(std::max<std::int64_t>(text.tokens, 1));
  return {{"sampler", sampler},    {"number", number},
          {"seed", writer.seed},   {"prompt", writer.prompt},
          {"text", text.text},     {"unknown", text.unknown},
          {"tokens", text.tokens}, {"us_per_token", 1e6 * text.seconds / tokens}};
}

void show_label(const std::string& sampler) {
  fmt::print("{}\n", styled(stdout, Style::cyan, "--- " + sampler));
}

/// One text of each sampler, shown as it is written.
void write_one(const Writer& writer, Json& all) {
  Generator generator(writer.model, writer.precision);
  const bool labelled = writer.samplers.size() > 1;
  for (const PluginChoice& choice : writer.samplers) {
    const auto sampler = writer.registry->make_sampler(choice);
    const std::string name = writer.label_of(choice);
    RandomStream random = stream_of(writer, name, 0);
    if (!writer.json) {
      if (labelled) show_label(name);
      std::fflush(stdout);
      show(writer.prompt);
    }
    const Generated text =
        generator.generate(writer.prompt, writer.length, *sampler, random,
                           writer.json ? Generator::OnText() : show, stop_flag());
    if (!writer.json) fmt::print("\n{}", labelled ? "\n" : "");
    all.push_back(text_json(writer, name, 0, text));
    if (*stop_flag() != 0) return;
  }
}

/// Texts begin … end-1 of each sampler, shown when all are there.
void write_several(const Writer& writer, std::int64_t begin, std::int64_t end, Json& all) {
  std::vector<std::string> names;
  std::vector<std::vector<Generated>> texts;  // of each sampler
  for (const PluginChoice& choice : writer.samplers) {
    names.push_back(writer.label_of(choice));
    std::vector<TextChoice> choices;
    for (std::int64_t i = begin; i < end; ++i)
      choices.push_back(
          {writer.registry->make_sampler(choice), stream_of(writer, names.back(), i)});
    texts.push_back(generate_side_by_side(writer.model, writer.prompt, writer.length,
                                          std::move(choices), writer.precision, stop_flag()));
    if (*stop_flag() != 0) return;
  }
  for (std::int64_t i = begin; i < end; ++i)
    for (std::size_t s = 0; s < names.size(); ++s) {
      const Generated& text = texts[s][static_cast<std::size_t>(i - begin)];
      if (!writer.json) {
        show_label(names[s]);
        fmt::print("{}{}\n\n", shown(writer.prompt), shown(text.text));
      }
      all.push_back(text_json(writer, names[s], i, text));
    }
}

}  // namespace

int write_samples(const Writer& writer) {
  check_utf8(writer.prompt);
  warn_of_unknown(writer.model, writer.prompt);
  Json all = Json::array();
  if (writer.count == 1) {
    write_one(writer, all);
  } else {
    for (std::int64_t i = 0; i < writer.count && *stop_flag() == 0; i += kSideBySide)
      write_several(writer, i, std::min(i + kSideBySide, writer.count), all);
  }
  if (*stop_flag() != 0) return interrupted_code();
  if (writer.json) print_json(all);
  return 0;
}

namespace {

constexpr const char* kContinues =
    "Type a prompt to go on from; an empty line goes on from the last text.\n";
constexpr const char* kAnswers = "Type a line to be answered.\n";
constexpr const char* kHelp =
    "  :sampler temperature:temperature=0.7   writes with another sampler\n"
    "  :length 500                            writes so many tokens\n"
    "  :quit                                  ends (so does Ctrl-D)\n";

/// One line of a person; false ends.
bool answer(Writer& writer, std::optional<Generator>& generator, RandomStream& random,
            const std::string& line) {
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
  } else if (!generator) {
    writer.prompt = line;
    if (!line.empty()) give_answers(writer);
    std::fflush(stdout);
  } else {
    check_utf8(line);
    if (!line.empty()) {
      warn_of_unknown(writer.model, line);
      generator->reset();
      generator->read(line);
    }
    const auto sampler = writer.registry->make_sampler(writer.samplers.front());
    show(line);
    generator->write(writer.length, *sampler, random, show);
    fmt::print("\n");
    std::fflush(stdout);
  }
  return true;
}

}  // namespace

int converse(Writer& writer) {
  std::optional<Generator> generator;
  if (writer.model.task().goal == Task::Goal::next_token)
    generator.emplace(writer.model, writer.precision);
  RandomStream random(writer.seed, "interactive");
  fmt::print(stderr, "{}{}", generator ? kContinues : kAnswers, kHelp);
  const std::string mark =
      fmt::format("{}> ", writer.samplers.empty() ? "" : writer.label_of(writer.samplers.front()));
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

}  // namespace unroll::cli
