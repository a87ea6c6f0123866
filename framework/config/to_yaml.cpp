// Writing nodes as YAML.
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include <unroll/config/node.hpp>
#include <unroll/config/scalar.hpp>

namespace unroll {
namespace {

constexpr std::size_t kLongestFlow = 80;

// Whether the text reads as itself without quotes, in block and in flow style.
bool plain(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  constexpr std::string_view kIndicators = "-?:,[]{}#&*!|>'\"%@`";
  const bool dash_word =
      text.front() == '-' && text.size() > 1 && text[1] != ' ' && !text.starts_with("---");
  if (kIndicators.find(text.front()) != std::string_view::npos && !dash_word) return false;
  if (text.starts_with("...") || text.back() == ':') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f || byte >= 0x80) return false;
    // A question mark ends a plain scalar in a list for yaml-cpp.
    if (std::string_view(",[]{}?").find(text[i]) != std::string_view::npos) return false;
    if (text[i] == ':' || (text[i] == '#' && text[i - 1] == ' ')) return false;
  }
  return true;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(byte));
    } else if (byte == 0xc2 && i + 1 < text.size() &&
               static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      // C1 controls, among them the next-line character.
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[++i])));
    } else if (text.substr(i).starts_with("\xe2\x80\xa8")) {
      out += "\\u2028";
      i += 2;
    } else if (text.substr(i).starts_with("\xe2\x80\xa9")) {
      out += "\\u2029";
      i += 2;
    } else if (text.substr(i).starts_with("\xef\xbb\xbf")) {
      out += "\\ufeff";
      i += 2;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string scalar_text(const std::string& text, bool is_text) {
  const bool ambiguous = is_text && looks_like_a_value(text);
  return plain(text) && !ambiguous ? text : quoted(text);
}

void flow(const Node& node, std::string& out) {
  switch (node.kind()) {
    case Node::Kind::null:
      out += "null";
      break;
    case Node::Kind::scalar:
      out += scalar_text(node.text(), node.quoted());
      break;
    case Node::Kind::sequence: {
      out += '[';
      const char* separator = "";
      for (const Node& item : node.items()) {
        out += separator;
        flow(item, out);
        separator = ", ";
      }
      out += ']';
      break;
    }
    case Node::Kind::map: {
      out += '{';
      const char* separator = "";
      for (const auto& entry : node.entries()) {
        out += separator + scalar_text(entry.key, true) + ": ";
        flow(entry.value, out);
        separator = ", ";
      }
      out += '}';
      break;
    }
  }
}

bool on_one_line(const Node& node) {
  if (node.is_map()) return node.entries().empty();
  if (!node.is_sequence()) return true;
  return std::none_of(
             node.items().begin(), node.items().end(),
             [](const Node& item) { return !item.items().empty() || !item.entries().empty(); }) &&
         to_flow_yaml(node).size() <= kLongestFlow;
}

// Writes a map or a list whose first line is already indented.
void block(const Node& node, std::size_t indent, std::string& out) {
  bool first = true;
  const auto new_line = [&] {
    if (!first) out += std::string(indent, ' ');
    first = false;
  };
  for (const Node& item : node.items()) {
    new_line();
    out += "- ";
    if (on_one_line(item)) {
      flow(item, out);
      out += '\n';
    } else {
      block(item, indent + 2, out);
    }
  }
  for (const auto& entry : node.entries()) {
    new_line();
    out += scalar_text(entry.key, true) + ":";
    if (on_one_line(entry.value)) {
      out += ' ';
      flow(entry.value, out);
      out += '\n';
    } else {
      out += '\n' + std::string(indent + 2, ' ');
      block(entry.value, indent + 2, out);
    }
  }
}

}  // namespace

std::string to_flow_yaml(const Node& node) {
  std::string out;
  flow(node, out);
  return out;
}

std::string to_yaml(const Node& node) {
  if (on_one_line(node)) return to_flow_yaml(node) + "\n";
  std::string out;
  block(node, 0, out);
  return out;
}

}  // namespace unroll
