#include <unroll/config/schema.hpp>

#include <algorithm>
#include <set>

#include <unroll/config/describe.hpp>
#include <unroll/config/scalar.hpp>
#include <unroll/core/text.hpp>

namespace unroll::detail {
namespace {

constexpr std::size_t kMostUnknownKeys = 20;  // of one map

// What stands there instead of what was expected.
std::string found(const Node& node) {
  switch (node.kind()) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      return "a map";
    case Node::Kind::scalar:
      break;
  }
  std::string text = node.text().substr(0, 40);
  while (first_invalid_utf8(text)) text.pop_back();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return "'" + text + (text.size() < node.text().size() ? "…'" : "'");
}

void report(const Node& node, const OptionDescription& option, ReadContext& context,
            const std::string& message) {
  context.problems.add(node.mark(), fmt::format("option '{}' {}", option.name, message));
}

bool expected(std::string_view what, const Node& node, const OptionDescription& option,
              ReadContext& context, std::string hint = {}) {
  if (!hint.empty()) hint = " (" + hint + ")";
  report(node, option, context, fmt::format("expects {}, found {}{}", what, found(node), hint));
  return false;
}

bool keeps_limits(double value, const Node& node, const OptionDescription& option,
                  ReadContext& context) {
  if (within_limits(value, option)) return true;
  report(node, option, context,
         fmt::format("must be {}, found {}", limits_text(option), node.text()));
  return false;
}

template <typename T, typename Parse>
bool read_number(const Node& node, T& into, const OptionDescription& option, ReadContext& context,
                 std::string_view what, Parse parse) {
  if (!node.is_scalar()) return expected(what, node, option, context);
  const auto parsed = parse(node.text());
  if (parsed.value && node.quoted()) {
    return expected(what, node, option, context, "remove the quotes");
  }
  if (!parsed.value) return expected(what, node, option, context, parsed.hint);
  if constexpr (std::is_integral_v<T>) {
    if (!std::in_range<T>(*parsed.value)) {
      return expected(what, node, option, context, "beyond 32 bits");
    }
  }
  // Limits are decimals as people write them: compare what stands there, not its rounding.
  if (!keeps_limits(*parse_number(node.text()).value, node, option, context)) return false;
  into = static_cast<T>(*parsed.value);
  return true;
}

// "a cell", "an optimizer".
std::string name_of(const OptionDescription& option) {
  const std::string kind = option.plugin_kind.empty() ? "plugin" : option.plugin_kind;
  return std::string("aeiou").find(kind.front()) == std::string::npos ? "a " + kind : "an " + kind;
}

void resolve(PluginChoice& choice, const OptionDescription& option, ReadContext& context) {
  if (context.plugins) {
    choice.options = context.plugins->resolve(option.plugin_kind, choice, context.problems);
  }
}

}  // namespace

bool read_value(const Node& node, bool& into, const OptionDescription& option,
                ReadContext& context) {
  constexpr std::string_view kWhat = "true or false";
  if (!node.is_scalar()) return expected(kWhat, node, option, context);
  const auto parsed = parse_boolean(node.text());
  if (!parsed.value) return expected(kWhat, node, option, context, parsed.hint);
  if (node.quoted()) return expected(kWhat, node, option, context, "remove the quotes");
  into = *parsed.value;
  return true;
}

bool read_value(const Node& node, std::int64_t& into, const OptionDescription& option,
                ReadContext& context) {
  return read_number(node, into, option, context, "an integer", parse_integer);
}

bool read_value(const Node& node, int& into, const OptionDescription& option,
                ReadContext& context) {
  return read_number(node, into, option, context, "an integer", parse_integer);
}

bool read_value(const Node& node, std::uint64_t& into, const OptionDescription& option,
                ReadContext& context) {
  return read_number(node, into, option, context, "an integer", parse_unsigned);
}

bool read_value(const Node& node, double& into, const OptionDescription& option,
                ReadContext& context) {
  return read_number(node, into, option, context, "a number", parse_number);
}

bool read_value(const Node& node, float& into, const OptionDescription& option,
                ReadContext& context) {
  return read_number(node, into, option, context, "a number", parse_float);
}

bool read_value(const Node& node, std::string& into, const OptionDescription& option,
                ReadContext& context) {
  if (!node.is_scalar()) {
    return expected("a text", node, option, context,
                    node.is_null() ? "the empty text is written \"\"" : "");
  }
  const auto& choices = option.choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), node.text()) == choices.end()) {
    report(node, option, context,
           fmt::format("must be {}, found {}{}", limits_text(option), found(node),
                       did_you_mean(node.text(), choices)));
    return false;
  }
  into = node.text();
  return true;
}

bool read_value(const Node& node, PluginChoice& into, const OptionDescription& option,
                ReadContext& context) {
  PluginChoice choice;
  if (node.is_null() && !into.chosen()) return true;
  if (node.is_scalar() && !node.text().empty()) {
    choice = {node.text(), Node::map({}, node.mark()), node.mark()};
  } else if (node.is_map() && node.entries().size() == 1) {
    const auto& [name, mark, options] = node.entries().front();
    if (!expect_map(options, name, context.problems)) return false;
    choice = {name, options.is_null() ? Node::map({}, mark) : options, mark};
  } else {
    const std::string what =
        fmt::format("the name of {} or a map 'name: options'", name_of(option));
    if (!node.is_map() || node.entries().empty()) return expected(what, node, option, context);
    std::vector<std::string> keys;
    for (const auto& entry : node.entries()) keys.push_back(entry.key);
    report(node, option, context,
           fmt::format(
               "expects {}, found {} keys ({}); options stand in a map below the name", what,
               keys.size(),
               join(std::span(keys).first(std::min<std::size_t>(keys.size(), kMostUnknownKeys)))));
    return false;
  }
  resolve(choice, option, context);
  into = std::move(choice);
  return true;
}

Node write_value(bool value) {
  return Node::scalar(value ? "true" : "false");
}
Node write_value(std::int64_t value) {
  return Node::scalar(fmt::format("{}", value));
}
Node write_value(int value) {
  return Node::scalar(fmt::format("{}", value));
}
Node write_value(std::uint64_t value) {
  return Node::scalar(fmt::format("{}", value));
}
Node write_value(double value) {
  return Node::scalar(number_text(value));
}
Node write_value(float value) {
  return Node::scalar(number_text(value));
}
Node write_value(const std::string& value) {
  return Node::scalar(value, {}, true);
}

Node write_value(const PluginChoice& value) {
  if (!value.chosen()) return {};
  return Node::map(
      {{value.name, value.mark, value.options.is_null() ? Node::map({}) : value.options}});
}

void resolve_default(PluginChoice& choice, const Mark& mark, const OptionDescription& option,
                     ReadContext& context) {
  if (!choice.chosen()) return;
  choice.mark = mark;
  if (choice.options.is_null()) choice.options = Node::map({}, mark);
  resolve(choice, option, context);
}

bool expect_list(const Node& node, const OptionDescription& option, ReadContext& context) {
  if (node.is_sequence()) return true;
  return expected("a " + option.type, node, option, context,
                  node.is_map() ? "put '- ' before each" : "write it in [ ]");
}

bool expect_map(const Node& node, const std::string& name, Problems& problems) {
  if (node.is_map() || node.is_null()) return true;
  const std::string subject = name.empty() ? "expected" : fmt::format("'{}' expects", name);
  problems.add(node.mark(), fmt::format("{} a map of options, found {}", subject, found(node)));
  return false;
}

void report_missing(const Mark& mark, const OptionDescription& option, Problems& problems) {
  problems.add(mark, fmt::format("option '{}' is missing ({}: {})", option.name, option.type,
                                 option.meaning));
}

void check_new_option(const Description& description, const std::string& name) {
  for (const auto& option : description.options) {
    if (option.name == name) fail(Failure::plugin, "two options are named '{}'", name);
  }
}

void set_plugin_kind(OptionDescription& option, std::string plugin_kind) {
  const auto at = option.type.find("plugin");
  if (at != std::string::npos) option.type.replace(at, 6, plugin_kind);
  option.plugin_kind = std::move(plugin_kind);
}

void report_unknown_keys(const Node& node, const std::vector<OptionDescription>& options,
                         Problems& problems) {
  std::vector<std::string> known;
  for (const auto& option : options) known.push_back(option.name);
  const std::set<std::string_view> names(known.begin(), known.end());
  std::size_t unknown = 0;
  for (const auto& entry : node.entries()) {
    if (names.contains(entry.key)) continue;
    if (++unknown > kMostUnknownKeys) continue;
    std::string hint = did_you_mean(entry.key, known);
    if (hint.empty()) {
      hint =
          known.empty() ? " (there are no options here)" : fmt::format(" (known: {})", join(known));
    }
    problems.add(entry.key_mark, fmt::format("unknown option '{}'{}", entry.key, hint));
  }
  if (unknown > kMostUnknownKeys) {
    problems.add(node.entries().back().key_mark,
                 fmt::format("{} more unknown options", unknown - kMostUnknownKeys));
  }
}

}  // namespace unroll::detail
