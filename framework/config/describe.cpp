#include <unroll/config/describe.hpp>

#include <algorithm>
#include <array>
#include <cmath>

#include <unroll/config/scalar.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

using Row = std::array<std::string, 5>;

void add_rows(const std::vector<OptionDescription>& options, const std::string& prefix,
              std::vector<Row>& rows) {
  for (const auto& option : options) {
    const bool map = option.default_value.starts_with('{') && !option.nested.empty();
    const std::string name = prefix + option.name;
    rows.push_back({name, option.type,
                    option.required ? "(required)" : (map ? "" : option.default_value),
                    limits_text(option), option.meaning});
    add_rows(option.nested, name + ".", rows);
  }
}

// Code points; good enough for aligning names, numbers and the odd accent.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string json_number(double value) {
  return std::isfinite(value) ? number_text(value) : json_text(number_text(value));
}

std::string options_json(const std::vector<OptionDescription>& options) {
  std::vector<std::string> parts;
  for (const auto& option : options) {
    std::string out =
        fmt::format(R"({{"name": {}, "type": {}, "default": {}, "required": {})",
                    json_text(option.name), json_text(option.type),
                    option.required ? "null" : json_text(option.default_value), option.required);
    if (option.minimum) {
      out += fmt::format(R"(, "minimum": {}, "minimum_excluded": {})", json_number(*option.minimum),
                         option.minimum_excluded);
    }
    if (option.maximum) out += fmt::format(R"(, "maximum": {})", json_number(*option.maximum));
    if (!option.choices.empty()) {
      std::vector<std::string> choices;
      for (const auto& choice : option.choices) choices.push_back(json_text(choice));
      out += fmt::format(R"(, "choices": [{}])", join(choices));
    }
    if (!option.plugin_kind.empty()) {
      out += fmt::format(R"(, "plugin_kind": {})", json_text(option.plugin_kind));
    }
    out += fmt::format(R"(, "meaning": {})", json_text(option.meaning));
    if (!option.nested.empty()) {
      out += fmt::format(R"(, "options": {})", options_json(option.nested));
    }
    parts.push_back(out + "}");
  }
  return fmt::format("[{}]", join(parts));
}

}  // namespace

std::string limits_text(const OptionDescription& option) {
  if (!option.choices.empty()) return "one of '" + join(option.choices, "', '") + "'";
  if (!option.minimum) {
    return option.maximum ? "at most " + number_text(*option.maximum) : std::string();
  }
  const std::string low = number_text(*option.minimum);
  if (!option.maximum) return (option.minimum_excluded ? "above " : "at least ") + low;
  const std::string high = number_text(*option.maximum);
  if (option.minimum_excluded) return "above " + low + " and at most " + high;
  return "from " + low + " to " + high;
}

bool within_limits(double value, const OptionDescription& option) {
  const bool low = option.minimum && (option.minimum_excluded ? !(value > *option.minimum)
                                                              : !(value >= *option.minimum));
  return !low && !(option.maximum && !(value <= *option.maximum));
}

std::string describe_text(const Description& description) {
  std::vector<Row> rows{{"option", "type", "default", "limits", "meaning"}};
  add_rows(description.options, "", rows);
  std::string out = description.summary.empty() ? "" : description.summary + "\n";
  if (rows.size() == 1) return out + "no options\n";
  if (!out.empty()) out += '\n';
  std::array<std::size_t, 5> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (widths[i] == 0) continue;
      line += row[i] + std::string(widths[i] - width(row[i]) + 2, ' ');
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::string paper_of(std::string_view summary) {
  const auto digit = [&](std::size_t at) {
    return at < summary.size() && summary[at] >= '0' && summary[at] <= '9';
  };
  const auto year_at = [&](std::size_t at) {
    const std::string_view century = summary.substr(at, 2);
    return (century == "19" || century == "20") && digit(at + 2) && digit(at + 3) && !digit(at + 4);
  };
  for (std::size_t open = 0; (open = summary.find('(', open)) != std::string_view::npos; ++open) {
    const std::size_t close = summary.find(')', open);
    if (close == std::string_view::npos) break;
    for (std::size_t at = open + 1; at < close; ++at) {
      if (summary[at - 1] == ' ' && year_at(at)) {
        return std::string(summary.substr(open + 1, close - open - 1));
      }
    }
  }
  return {};
}

std::string describe_json(const Description& description) {
  const std::string paper = paper_of(description.summary);
  return fmt::format(R"({{"summary": {}, {}"options": {}}})", json_text(description.summary),
                     paper.empty() ? "" : fmt::format(R"("paper": {}, )", json_text(paper)),
                     options_json(description.options));
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace unroll
