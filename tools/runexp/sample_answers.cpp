// runexp sample: classes, numbers, tags and texts for a prompt or for the examples of a file.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include <unroll/core/text.hpp>
#include <unroll/training/evaluate.hpp>
#include <unroll/training/writing.hpp>

#include "interrupt.hpp"
#include "json_output.hpp"
#include "sample.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

using Goal = Task::Goal;

constexpr std::size_t kClassesShown = 5;

/// The examples that are asked for, and what each is called.
struct Given {
  Encoded encoded;
  std::vector<std::string> names;
};

Given from_file(const Writer& writer) {
  const Model& model = writer.model;
  std::vector<Example> all = writer.registry->make_dataset(writer.experiment.data)
                                 ->read_more(writer.data, model.domain->fields, false);
  std::vector<Example> chosen;
  for (const std::int64_t row : writer.rows) {
    if (row > static_cast<std::int64_t>(all.size()))
      fail(Failure::usage, "--row {}: {} has {} rows", row, writer.data, all.size());
    chosen.push_back(all[static_cast<std::size_t>(row - 1)]);
  }
  if (writer.rows.empty()) chosen = std::move(all);
  if (chosen.empty()) fail(Failure::data, "{}: holds no examples", writer.data);
  Given given;
  for (const Example& example : chosen)
    given.names.push_back(model.task().reads_text ? example.text : example.origin);
  given.encoded = encode(std::move(chosen), *model.domain, model.tokenizers());
  return given;
}

Given from_prompt(const Writer& writer) {
  check_utf8(writer.prompt);
  if (writer.model.task().reads_text) warn_of_unknown(writer.model, writer.prompt);
  const bool writes = writer.model.task().goal == Goal::text;
  const std::vector<std::string> prompts(static_cast<std::size_t>(writes ? writer.count : 1),
                                         writer.prompt);
  return {encode_prompts(writer.model, prompts), prompts};
}

/// Places of the likeliest classes, the likeliest first.
std::vector<std::size_t> by_probability(std::span<const float> probabilities) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return probabilities[a] > probabilities[b];
  });
  return order;
}

Json class_answer(const std::vector<std::string>& classes, std::span<const float> probabilities,
                  bool alone, bool json) {
  const std::vector<std::size_t> order = by_probability(probabilities);
  Json all = Json::object();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::string& name = classes[order[i]];
    all[name] = probabilities[order[i]];
    if (json || i >= (alone ? kClassesShown : 1)) continue;
    fmt::print("{}{}  {:.1f} %\n", alone ? "  " : "", shown(name), 100 * probabilities[order[i]]);
  }
  return {{"class", classes[order.front()]}, {"probabilities", all}};
}

Json value_answer(const std::vector<std::string>& names, std::span<const float> values, bool json) {
  Json all = Json::object();
  std::vector<std::string> texts;
  for (std::size_t k = 0; k < names.size(); ++k) {
    all[names[k]] = values[k];
    texts.push_back(fmt::format("{} {:.6g}", names[k], values[k]));
  }
  if (!json) fmt::print("{}\n", shown(join(texts)));
  return {{"values", all}};
}

Json tag_answer(const Model& model, const std::string& text, const TokenText& tags, bool json) {
  const std::vector<std::string> tokens = model.text_tokenizer->cut(text);
  Json all = Json::array();
  std::vector<std::string> pairs;
  for (std::size_t i = 0; i < std::min(tokens.size(), tags.size()); ++i) {
    const std::string& tag = model.domain->target.token(tags[i]);
    all.push_back({tokens[i], tag});
    pairs.push_back(tokens[i] + "/" + tag);
  }
  if (!json) fmt::print("{}\n", shown(join(pairs, " ")));
  return {{"tags", all}};
}

/// One thing of each example: a class, numbers, tags.
int say(const Writer& writer, Given given) {
  const Model& model = writer.model;
  leave_unanswered(model, given.encoded);
  const Evaluation found = evaluate(model, given.encoded, 64, stop_flag(), Keep::probabilities);
  if (*stop_flag() != 0) return interrupted_code();
  const bool alone = given.names.size() == 1;
  Json answers = Json::array();
  for (std::size_t i = 0; i < given.names.size(); ++i) {
    if (!writer.json && !alone) fmt::print("{}\t", shown(given.names[i]));
    const auto row = [&](const std::vector<float>& all, std::size_t width) {
      return std::span(all).subspan(i * width, width);
    };
    Json answer = {{"given", given.names[i]}};
    switch (model.task().goal) {
      case Goal::label: {
        const auto& classes = model.domain->classes;
        answer.update(
            class_answer(classes, row(found.probabilities, classes.size()), alone, writer.json));
        break;
      }
      case Goal::values: {
        const auto& names = model.domain->fields.values;
        answer.update(value_answer(names, row(found.values, names.size()), writer.json));
        break;
      }
      default:
        answer.update(tag_answer(model, given.names[i], found.tags[i], writer.json));
    }
    answers.push_back(std::move(answer));
  }
  if (writer.json) print_json(answers);
  return 0;
}

/// A text for each example, by every sampler.
int write(const Writer& writer, const Given& given) {
  const std::vector<std::int64_t> all = spread(0, given.encoded.size());
  Json answers = Json::array();
  for (const PluginChoice& choice : writer.samplers) {
    const std::string name = writer.label_of(choice);
    WritingOptions writing;
    writing.length = writer.length;
    writing.seed = writer.seed;
    writing.stream = "sample/" + name;
    const std::vector<std::string> texts = write_texts(
        writer.model, given.encoded, all, [&] { return writer.registry->make_sampler(choice); },
        writing, stop_flag());
    if (*stop_flag() != 0) return interrupted_code();
    if (!writer.json && writer.samplers.size() > 1)
      fmt::print("{}\n", styled(stdout, Style::cyan, "--- " + name));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (!writer.json && !writer.data.empty() && texts.size() > 1)
        fmt::print("{}\t", shown(given.names[i]));
      if (!writer.json) fmt::print("{}\n", shown(texts[i]));
      answers.push_back({{"sampler", name}, {"prompt", given.names[i]}, {"text", texts[i]}});
    }
  }
  if (writer.json) print_json(answers);
  return 0;
}

}  // namespace

int give_answers(const Writer& writer) {
  Given given = writer.data.empty() ? from_prompt(writer) : from_file(writer);
  return writer.model.task().goal == Goal::text ? write(writer, given)
                                                : say(writer, std::move(given));
}

}  // namespace unroll::cli
