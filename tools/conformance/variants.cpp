#include "variants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include <unroll/config/yaml.hpp>

namespace unroll::conformance {
namespace {

/// The options that are not fixed, those of nested maps with dotted names.
std::vector<OptionDescription> free_options(const Examination& examination) {
  std::vector<OptionDescription> found;
  for (const OptionDescription& option : examination.description().options) {
    if (examination.subject().options.find(option.name) != nullptr) continue;
    found.push_back(option);
    for (OptionDescription nested : option.nested) {
      nested.name = option.name + '.' + nested.name;
      found.push_back(std::move(nested));
    }
  }
  return found;
}

Variant variant(const std::string& name, const std::string& value, bool text = false) {
  const Node node = Node::scalar(value, {}, text);
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return {Node::map({{name, {}, node}})};
  return {Node::map({{name.substr(0, dot), {}, Node::map({{name.substr(dot + 1), {}, node}})}})};
}

bool is_text(const OptionDescription& option) {
  return option.type == "text";
}

std::string whole(double value) {
  return fmt::format("{}", static_cast<std::int64_t>(value));
}

/// Values at the ends of what is allowed.
std::vector<std::string> ends_of(const OptionDescription& option, std::int64_t most) {
  std::vector<std::string> ends = option.choices;
  if (option.type == "boolean") ends = {"false", "true"};
  if (option.type == "integer") {
    const double first = option.minimum ? *option.minimum + (option.minimum_excluded ? 1 : 0) : 0;
    const auto top = static_cast<double>(most);
    if (option.minimum && first <= top) ends = {whole(first), whole(first + 1)};
    if (option.minimum || option.maximum)
      ends.push_back(whole(std::min(option.maximum.value_or(top), std::max(top, first))));
  }
  if (option.type == "number") {
    if (option.minimum)
      ends.push_back(fmt::format(
          "{}", option.minimum_excluded ? *option.minimum + 1e-12 * (1 + std::abs(*option.minimum))
                                        : *option.minimum));
    if (option.maximum) ends.push_back(fmt::format("{}", *option.maximum));
  }
  return ends;
}

/// Values that must be refused.
std::vector<Variant> beyond(const OptionDescription& option) {
  std::vector<Variant> found;
  const bool integer = option.type == "integer", number = option.type == "number";
  if (!option.choices.empty()) found.push_back(variant(option.name, "none of these choices", true));
  if (integer || number) {
    const double step = integer ? 1 : 0.5;
    const auto add = [&](double value) {
      found.push_back(variant(option.name, integer ? whole(value) : fmt::format("{}", value)));
    };
    if (option.minimum) add(option.minimum_excluded ? *option.minimum : *option.minimum - step);
    if (option.maximum && *option.maximum < 1e15) add(*option.maximum + step);
    found.push_back(variant(option.name, "many", true));
  }
  if (option.type == "boolean") found.push_back(variant(option.name, "perhaps", true));
  return found;
}

}  // namespace

std::string Variant::text() const {
  return options.entries().empty() ? "" : to_flow_yaml(options);
}

Node merged(const Node& below, const Node& above) {
  Node all = below;
  for (const Node::Entry& entry : above.entries()) all = all.with(entry.key, entry.value);
  return all;
}

Node smaller(const Examination& examination, std::int64_t size) {
  const auto above_8 = [](const std::string& text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value > 8;
  };
  Node small = Node::map({});
  for (const OptionDescription& option : examination.description().options) {
    if (examination.subject().options.find(option.name) != nullptr) continue;
    if (option.type == "integer" && above_8(option.default_value))
      small = small.with(option.name, Node::scalar(std::to_string(size)));
    if (option.type != "list of integers") continue;
    Problems problems;
    const Node list = load_yaml_value(option.default_value, option.name, problems);
    std::vector<Node> items;
    for (const Node& item : list.items())
      items.push_back(above_8(item.text()) ? Node::scalar(std::to_string(size)) : item);
    if (problems.empty() && list.is_sequence())
      small = small.with(option.name, Node::sequence(items));
  }
  return small;
}

std::string with(const Variant& variant) {
  const std::string text = variant.text();
  return text.empty() ? "" : " with " + text;
}

std::vector<Variant> variants_of(const Examination& examination) {
  std::vector<Variant> all{{}};
  for (const OptionDescription& option : free_options(examination)) {
    for (const std::string& choice : option.choices)
      if (choice != option.default_value)
        all.push_back(variant(option.name, choice, is_text(option)));
    if (option.type == "boolean")
      all.push_back(variant(option.name, option.default_value == "true" ? "false" : "true"));
    if (option.type == "integer" && option.choices.empty()) {
      double value = option.default_value == "3" ? 2 : 3;
      if (option.minimum) value = std::max(value, *option.minimum + 1);
      if (option.maximum) value = std::min(value, *option.maximum);
      if (whole(value) != option.default_value) all.push_back(variant(option.name, whole(value)));
    }
  }
  return all;
}

void check_options(Examination& examination, const std::function<void(const Variant&)>& use,
                   std::int64_t most) {
  for (const OptionDescription& option : free_options(examination)) {
    for (const std::string& end : ends_of(option, most)) {
      const Variant at = variant(option.name, end, is_text(option));
      examination.doing(at.text());
      try {
        use(at);
      } catch (const std::bad_alloc&) {
        throw;
      } catch (const Error& error) {
        if (error.kind() != Failure::usage)
          examination.found(
              {"every value that the description allows can be used", error.what(), at.text()});
      }
    }
    for (const Variant& at : beyond(option)) {
      examination.doing(at.text());
      Problems problems;
      examination.registry().resolve(examination.subject().kind, examination.choice(at.options),
                                     problems);
      if (problems.empty())
        examination.found(
            {"a value that the description forbids is refused", "it was accepted", at.text()});
    }
  }
}

}  // namespace unroll::conformance
