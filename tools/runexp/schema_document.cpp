#include "schema_document.hpp"

#include <cmath>
#include <map>
#include <string_view>

#include <unroll/config/describe.hpp>
#include <unroll/config/scalar.hpp>
#include <unroll/config/yaml.hpp>

namespace unroll::cli {
namespace {

constexpr std::string_view kList = "list of ";

Json reference(const std::string& definition) {
  return {{"$ref", "#/definitions/" + definition}};
}

/// A value of an experiment as JSON; plain scalars as what they look like.
Json value_of(const Node& node) {
  if (node.is_sequence()) {
    Json list = Json::array();
    for (const Node& item : node.items()) list.push_back(value_of(item));
    return list;
  }
  if (node.is_map()) {
    Json map = Json::object();
    for (const Node::Entry& entry : node.entries()) map[entry.key] = value_of(entry.value);
    return map;
  }
  if (node.is_null()) return nullptr;
  if (!node.quoted()) {
    if (const auto value = parse_boolean(node.text()).value) return *value;
    if (const auto value = parse_integer(node.text()).value) return *value;
    if (const auto value = parse_number(node.text()).value; value && std::isfinite(*value))
      return *value;
  }
  return node.text();
}

bool may_be_null(const OptionDescription& option) {
  return !option.required && option.default_value == "null";
}

/// "cells" of "list of cells".
std::string singular(std::string_view type) {
  if (type.ends_with('s')) type.remove_suffix(1);
  return std::string(type);
}

void add_limits(Json& schema, const OptionDescription& option) {
  if (option.minimum && std::isfinite(*option.minimum))
    schema[option.minimum_excluded ? "exclusiveMinimum" : "minimum"] = *option.minimum;
  if (option.maximum && std::isfinite(*option.maximum)) schema["maximum"] = *option.maximum;
}

Json map_of_options(const std::vector<OptionDescription>& options);

/// What one value of this type may be, `type` being that of the option or of its items.
Json value_schema(const std::string& type, const OptionDescription& option) {
  if (type.starts_with(kList)) {
    return {{"type", "array"},
            {"items", value_schema(singular(type.substr(kList.size())), option)}};
  }
  if (!option.plugin_kind.empty()) return reference(option.plugin_kind);
  if (!option.nested.empty()) return map_of_options(option.nested);
  Json schema;
  if (!option.choices.empty()) {
    schema["enum"] = option.choices;
  } else if (type == "text") {
    schema["type"] = {"string", "number", "boolean"};  // any scalar is a text
  } else if (type == "number") {
    // Infinity has no number in JSON.
    schema["anyOf"] = {{{"type", "number"}}, {{"enum", {".inf", "-.inf"}}}};
    add_limits(schema, option);
  } else {
    schema["type"] = type == "map" ? "object" : type;
    add_limits(schema, option);
  }
  return schema;
}

Json option_schema(const OptionDescription& option) {
  Json schema = value_schema(option.type, option);
  if (may_be_null(option)) schema = {{"anyOf", {{{"type", "null"}}, schema}}};
  // Beside a $ref, draft-07 takes no notice of anything.
  if (schema.contains("$ref")) schema = {{"allOf", {schema}}};
  const std::string limits = limits_text(option);
  schema["description"] = option.meaning + (limits.empty() ? "" : "; " + limits) +
                          (option.required ? "; must be given" : "");
  if (!option.required && !option.default_value.empty()) {
    Problems none;
    schema["default"] = value_of(load_yaml_value(option.default_value, "default", none));
  }
  return schema;
}

Json map_of_options(const std::vector<OptionDescription>& options) {
  Json properties = Json::object();
  for (const OptionDescription& option : options) properties[option.name] = option_schema(option);
  return {
      {"type", {"object", "null"}}, {"properties", properties}, {"additionalProperties", false}};
}

/// A name, or a map of one name to its options.
Json choice_schema(const std::string& kind, const std::vector<const Choosable*>& choices) {
  Json names = Json::array(), properties = Json::object();
  for (const Choosable* choice : choices) {
    names.push_back(choice->name);
    properties[choice->name] = reference(kind + "." + choice->name);
  }
  return {{"type", {"string", "object"}},
          {"if", {{"type", "string"}}},
          {"then", {{"enum", names}}},
          {"else",
           {{"minProperties", 1},
            {"maxProperties", 1},
            {"properties", properties},
            {"additionalProperties", false}}}};
}

/// `data: {dataset: text, corpus: …}` beside `data: {text: {corpus: …}}`.
Json data_schema(const std::vector<const Choosable*>& datasets) {
  Json names = Json::array(), each = Json::array();
  for (const Choosable* dataset : datasets) {
    names.push_back(dataset->name);
    Json flat = map_of_options(dataset->description.options);
    flat["properties"]["dataset"] = true;
    each.push_back(
        {{"if", {{"properties", {{"dataset", {{"const", dataset->name}}}}}}}, {"then", flat}});
  }
  return {{"if", {{"type", "object"}, {"required", {"dataset"}}}},
          {"then", {{"properties", {{"dataset", {{"enum", names}}}}}, {"allOf", each}}},
          {"else", reference("dataset")}};
}

Json over_included(Json data) {
  data["else"] = {{"type", {"string", "object"}}};
  return data;
}

/// `initialize_from: RUN.h5`, and its weights as a map.
Json transfer_schema(Json map) {
  map["type"] = {"object", "null", "string"};
  Json& weights = map["properties"]["weights"];
  const Json list = weights;
  weights = {
      {"anyOf", {list, {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}}},
      {"description", list["description"]}};
  return map;
}

/// Settings by their dotted paths.
Json paths(Json values) {
  return {{"type", "object"}, {"minProperties", 1}, {"additionalProperties", std::move(values)}};
}

Json sweep_schema() {
  const Json list = {{"type", "array"}, {"minItems", 1}};
  const Json grid = paths(list);
  const Json range = {{"type", {"array", "null"}},
                      {"items", {{"type", "number"}}},
                      {"minItems", 2},
                      {"maxItems", 2}};
  const Json distribution = {{"type", {"string", "array", "object"}},
                             {"minItems", 1},
                             {"maxProperties", 1},
                             {"properties",
                              {{"choices", {{"type", {"array", "null"}}}},
                               {"uniform", range},
                               {"log_uniform", range},
                               {"integers", range}}},
                             {"additionalProperties", false}};
  const Json random = {
      {"type", "object"},
      {"required", {"count", "draw"}},
      {"properties",
       {{"count",
         {{"type", "integer"}, {"minimum", 1}, {"description", "points to draw; all differ"}}},
        {"seed", {{"type", "integer"}, {"default", 1}}},
        {"draw", paths(distribution)}}},
      {"additionalProperties", false}};
  return {{"type", {"object", "null"}},
          {"description", "many runs from one file: runexp sweep"},
          {"properties",
           {{"grid",
             {{"anyOf", {grid, {{"type", "array"}, {"items", grid}}}},
              {"description", "paths to lists of values: every combination"}}},
            {"random", random},
            {"points",
             {{"type", "array"},
              {"items", {{"type", "object"}, {"minProperties", 1}}},
              {"description", "settings of each point, written out"}}},
            {"prune", {{"type", {"object", "null"}}, {"description", "ends hopeless points"}}}}},
          {"additionalProperties", false}};
}

}  // namespace

Json schema_document(const Description& experiment, const std::vector<Choosable>& choices) {
  std::map<std::string, std::vector<const Choosable*>> kinds;
  for (const Choosable& choice : choices) kinds[choice.kind].push_back(&choice);

  Json properties = map_of_options(experiment.options)["properties"];
  properties["initialize_from"] = transfer_schema(properties["initialize_from"]);
  const Json data = data_schema(kinds["dataset"]);
  properties["data"] = {{"description", properties["data"]["description"]}};
  properties["include"] = {{"type", {"string", "array"}},
                           {"items", {{"type", "string"}}},
                           {"description", "files that this one is laid upon"}};
  properties["seeds"] = {{"type", {"integer", "array", "null"}},
                         {"items", {{"type", "integer"}, {"minimum", 0}}},
                         {"description",
                          "how many runs with seeds of their own, or a list of "
                          "seeds: runexp sweep"}};
  properties["sweep"] = sweep_schema();

  // What an included file or a sweep may bring is not missing here.
  Json required = Json::array();
  for (const OptionDescription& option : experiment.options)
    if (option.required) required.push_back(option.name);
  Json definitions = Json::object();
  for (const auto& [kind, known] : kinds) {
    definitions[kind] = choice_schema(kind, known);
    for (const Choosable* choice : known) {
      Json options = map_of_options(choice->description.options);
      options["description"] = choice->description.summary;
      definitions[kind + "." + choice->name] = std::move(options);
    }
  }
  return {{"$schema", "http://json-schema.org/draft-07/schema#"},
          {"title", "Unroll experiment"},
          {"description", "what to learn from, what learns, how, and what to write with it"},
          {"type", "object"},
          {"properties", std::move(properties)},
          {"additionalProperties", false},
          {"allOf",
           {{{"if", {{"anyOf", {{{"required", {"include"}}}, {{"required", {"sweep"}}}}}}},
             {"else", {{"required", std::move(required)}}}},
            // Over an included file, `data` may be some options of a dataset that is named there.
            {{"if", {{"required", {"include"}}}},
             {"then", {{"properties", {{"data", over_included(data)}}}}},
             {"else", {{"properties", {{"data", data}}}}}}}},
          {"definitions", std::move(definitions)}};
}

}  // namespace unroll::cli
