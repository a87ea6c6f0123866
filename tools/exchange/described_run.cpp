#include "described_run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <unroll/config/scalar.hpp>
#include <unroll/config/yaml.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/plugin/manifest.hpp>

namespace unroll {
namespace {

bool is_utf8(const std::string& text) {
  return !first_invalid_utf8(text);
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '\\')
      result += "\\\\";
    else if (byte >= 0x80)
      result += fmt::format("\\x{:02x}", byte);
    else
      result += c;
  }
  return result;
}

Json json_of(const Array& array) {
  return std::visit(
      [&](const auto& values) -> Json {
        if (array.shape.empty() && values.size() == 1) return values.front();
        return values;
      },
      array.values);
}

/// Puts a value at a path with slashes.
void put(Json& json, const std::string& path, Json value) {
  const std::size_t slash = path.find('/');
  if (slash == std::string::npos)
    json[path] = std::move(value);
  else
    put(json[path.substr(0, slash)], path.substr(slash + 1), std::move(value));
}

}  // namespace

DescribedRun describe_run(RunRecord run, WhichWeights which, const std::string& name) {
  if (which == WhichWeights::best && !run.best)
    fail(Failure::usage,
         "{}: kept no best weights (training.early_stopping.restore_best keeps them); give --last",
         name);
  DescribedRun described;
  described.experiment = run.experiment;
  described.run_id = run.run_id;
  described.best = run.best && which != WhichWeights::last;
  described.step = described.best ? run.best->step : run.step;
  described.weights = std::move(described.best ? run.best->weights : run.weights);
  described.vocabulary = std::move(run.vocabulary);
  if (described.weights.entries().empty()) fail(Failure::data, "{}: holds no weights yet", name);
  Problems problems;
  described.config = load_yaml_text(run.config_resolved, name + " (its configuration)", problems);
  problems.throw_if_any();
  return described;
}

Json json_of(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::null:
      return nullptr;
    case Node::Kind::sequence: {
      Json list = Json::array();
      for (const Node& item : node.items()) list.push_back(json_of(item));
      return list;
    }
    case Node::Kind::map: {
      Json map = Json::object();
      for (const Node::Entry& entry : node.entries()) map[entry.key] = json_of(entry.value);
      return map;
    }
    case Node::Kind::scalar:
      break;
  }
  const std::string& text = node.text();
  if (node.quoted()) return text;
  if (const auto boolean = parse_boolean(text).value) return *boolean;
  if (const auto integer = parse_integer(text).value) return *integer;
  if (const auto number = parse_number(text).value; number && *number - *number == 0)
    return *number;
  return text;
}

Json about_run(const DescribedRun& run) {
  return {{"experiment", run.experiment},
          {"run_id", run.run_id},
          {"step", run.step},
          {"weights", run.best ? "best" : "last"},
          {"unroll", UNROLL_FRAMEWORK_VERSION}};
}

Json vocabulary_of(const DescribedRun& run) {
  Json json = Json::object();
  for (const auto& [name, array] : run.vocabulary.entries()) {
    if (name.starts_with("statistics/") || name.starts_with("target/statistics/")) continue;
    const auto* texts = std::get_if<std::vector<std::string>>(&array.values);
    if (texts == nullptr || std::ranges::all_of(*texts, is_utf8)) {
      put(json, name, json_of(array));
      continue;
    }
    std::vector<std::string> plain;
    for (const std::string& text : *texts) plain.push_back(escaped(text));
    put(json, name, plain);
    put(json, name.substr(0, name.rfind('/') + 1) + "escaped", true);
  }
  return json;
}

std::string json_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace unroll
