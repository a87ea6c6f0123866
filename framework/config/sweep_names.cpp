#include <unroll/config/sweep_names.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <unroll/core/sha256.hpp>

namespace unroll {
namespace {

constexpr std::size_t kDigits = 8;
constexpr std::size_t kLongestValue = 60;

/// The last `parts` parts of a path.
std::string ending(const std::string& path, std::size_t parts) {
  std::size_t begin = path.size();
  for (std::size_t i = 0; i < parts && begin != std::string::npos && begin > 0; ++i) {
    begin = path.rfind('.', begin - 1);
  }
  return begin == std::string::npos ? path : path.substr(begin + 1);
}

/// Each path's shortest ending that no other path has.
std::map<std::string, std::string> short_paths(const std::vector<SweepPoint>& points) {
  std::set<std::string> paths;
  for (const SweepPoint& point : points)
    for (const SweepSetting& setting : point.settings) paths.insert(setting.path);
  std::map<std::string, std::string> names;
  for (const std::string& path : paths) {
    const auto shared = [&](std::size_t parts) {
      return std::any_of(paths.begin(), paths.end(), [&](const std::string& other) {
        return other != path && ending(other, parts) == ending(path, parts);
      });
    };
    std::size_t parts = 1;
    while (ending(path, parts) != path && shared(parts)) ++parts;
    names[path] = ending(path, parts);
  }
  return names;
}

/// Letters, digits and some marks; all other bytes as `_`.
std::string safe(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    const bool kept = (byte < 0x80 && std::isalnum(byte) != 0) ||
                      std::string_view("._=+-").find(c) != std::string_view::npos;
    if (!kept) c = '_';
  }
  return out;
}

/// `text` made safe and short; what was lost is told apart by digits of its checksum.
std::string told_apart(const std::string& text, const std::string& whole, std::size_t longest) {
  std::string label = safe(text);
  if (label == text && label.size() <= longest) return label;
  return label.substr(0, longest - kDigits - 1) + "-" + sha256(whole).substr(0, kDigits);
}

std::string plain_label(const Node& value) {
  switch (value.kind()) {
    case Node::Kind::null:
      return "none";
    case Node::Kind::scalar:
      return value.text();
    case Node::Kind::sequence: {
      std::string out;
      for (const Node& item : value.items()) {
        if (!out.empty()) out += '+';
        out += plain_label(item);
      }
      return out.empty() ? "empty" : out;
    }
    case Node::Kind::map:
      break;
  }
  std::string out;
  for (const auto& [key, mark, item] : value.entries()) {
    const std::string inner =
        item.is_null() || (item.is_map() && item.entries().empty()) ? "" : plain_label(item);
    if (!out.empty()) out += '-';
    out += key;
    if (inner.empty()) continue;
    out += item.is_map() ? '-' : '=';
    out += inner;
  }
  return out.empty() ? "empty" : out;
}

}  // namespace

std::string value_label(const Node& value) {
  return told_apart(plain_label(value), to_flow_yaml(value), kLongestValue);
}

void name_points(std::vector<SweepPoint>& points) {
  const std::map<std::string, std::string> names = short_paths(points);
  for (SweepPoint& point : points) {
    std::string name;
    for (const SweepSetting& setting : point.settings) {
      if (!name.empty()) name += ',';
      name += fmt::format("{}={}", safe(names.at(setting.path)), value_label(setting.value));
    }
    if (name.size() > kLongestPointName)
      name =
          name.substr(0, kLongestPointName - kDigits - 1) + "-" + sha256(name).substr(0, kDigits);
    point.name = std::move(name);
  }
}

}  // namespace unroll
