#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include <unroll/config/describe.hpp>
#include <unroll/core/error.hpp>

namespace unroll {
namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 16;  // options within options

[[noreturn]] void bad(std::string_view what) {
  fail(Failure::plugin, "its description is damaged: {}", what);
}

const Json* find(const Json& map, const char* key) {
  const auto found = map.find(key);
  return found == map.end() || found->is_null() ? nullptr : &*found;
}

std::string text_of(const Json& map, const char* key) {
  const Json* value = find(map, key);
  if (value == nullptr) return {};
  if (!value->is_string()) bad(fmt::format("'{}' is no text", key));
  return value->get<std::string>();
}

bool flag_of(const Json& map, const char* key) {
  const Json* value = find(map, key);
  if (value == nullptr) return false;
  if (!value->is_boolean()) bad(fmt::format("'{}' is neither true nor false", key));
  return value->get<bool>();
}

// What has no number in JSON stands as YAML's text.
std::optional<double> limit_of(const Json& map, const char* key) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Json* value = find(map, key);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) return value->get<double>();
  if (*value == ".inf") return kInfinity;
  if (*value == "-.inf") return -kInfinity;
  bad(fmt::format("'{}' is no number", key));
}

std::vector<OptionDescription> options_of(const Json& map, int depth) {
  const Json* list = find(map, "options");
  if (list == nullptr) return {};
  if (!list->is_array() || depth > kDeepest) bad("'options' is no list of options");
  std::vector<OptionDescription> options;
  for (const Json& each : *list) {
    if (!each.is_object()) bad("an option is no map");
    OptionDescription option;
    option.name = text_of(each, "name");
    option.type = text_of(each, "type");
    option.default_value = text_of(each, "default");
    option.meaning = text_of(each, "meaning");
    option.minimum = limit_of(each, "minimum");
    option.maximum = limit_of(each, "maximum");
    option.minimum_excluded = flag_of(each, "minimum_excluded");
    option.required = flag_of(each, "required");
    option.plugin_kind = text_of(each, "plugin_kind");
    if (const Json* choices = find(each, "choices")) {
      for (const Json& choice : *choices) {
        if (!choice.is_string()) bad("a choice is no text");
        option.choices.push_back(choice.get<std::string>());
      }
    }
    option.nested = options_of(each, depth + 1);
    if (option.name.empty() || option.type.empty()) bad("an option lacks its name or type");
    options.push_back(std::move(option));
  }
  return options;
}

}  // namespace

Description description_of_json(std::string_view json) {
  const Json root = Json::parse(json, nullptr, false);
  if (!root.is_object()) bad("it is no JSON");
  return {text_of(root, "summary"), options_of(root, 0)};
}

}  // namespace unroll
