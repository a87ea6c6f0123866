#include <unroll/config/override.hpp>

#include <algorithm>
#include <span>

#include <unroll/config/include.hpp>
#include <unroll/config/scalar.hpp>
#include <unroll/config/yaml.hpp>
#include <unroll/core/text.hpp>

namespace unroll {
namespace {

constexpr std::size_t kLongestName = 80;

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts(1);
  for (char c : path) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// One assignment at work.
struct Assignment {
  Mark mark;
  Node value;
  Problems& problems;

  /// `node`, which stands under `key`, with the rest of the path set.
  Node set(const Node& node, std::string_view key, std::span<const std::string> path) const {
    if (path.empty()) return value;
    if (node.is_sequence()) return set_item(node, key, path);
    const Node* old_value = node.find(path.front());
    Node new_value = set(old_value ? *old_value : Node::null(mark), path.front(), path.subspan(1));
    // A scalar gives way to a map: the bare name of a plugin, or a mistake that the schema reports.
    if (!node.is_map()) return Node::map({{path.front(), mark, std::move(new_value)}}, mark);
    if (!old_value && is_plugin_key(key)) {
      return merge_under(key, node, Node::map({{path.front(), mark, std::move(new_value)}}, mark));
    }
    return node.with(path.front(), std::move(new_value), mark);
  }

  Node set_item(const Node& list, std::string_view key, std::span<const std::string> path) const {
    const auto index = parse_unsigned(path.front()).value;
    std::vector<Node> items = list.items();
    if (!index || *index > items.size()) {
      problems.add(mark, fmt::format("'{}' is no item of a list of {}; items count from 0",
                                     path.front(), items.size()));
      return list;
    }
    if (*index == items.size()) items.push_back(Node::null(mark));
    Node& item = items[static_cast<std::size_t>(*index)];
    // The items of `samplers` are choices as the value of `sampler` would be.
    if (key.ends_with('s')) key.remove_suffix(1);
    item = set(item, key, path.subspan(1));
    return Node::sequence(std::move(items), list.mark());
  }
};

}  // namespace

Node apply_override(const Node& root, std::string_view assignment, Problems& problems) {
  std::string name = "--set " + std::string(assignment.substr(0, kLongestName));
  if (assignment.size() > kLongestName) name += "…";
  const Mark mark{std::make_shared<const std::string>(name), 0, 0};
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    problems.add(mark, "expected a path and a value, as in --set training.batch=32");
    return root;
  }
  if (first_invalid_utf8(assignment)) {
    problems.add(mark, "is not UTF-8");
    return root;
  }
  const std::size_t before = problems.all().size();
  const Node value = load_yaml_value(assignment.substr(equals + 1), name, problems);
  if (problems.all().size() > before) return root;
  return set_value(root, assignment.substr(0, equals), value.at(mark), mark, problems);
}

Node set_value(const Node& root, std::string_view path, const Node& value, const Mark& mark,
               Problems& problems) {
  const std::vector<std::string> parts = split(path);
  if (parts.size() > kMostYamlDepth || std::find(parts.begin(), parts.end(), "") != parts.end()) {
    problems.add(mark,
                 fmt::format("the path '{}' has {}", path,
                             parts.size() > kMostYamlDepth ? "too many parts" : "an empty part"));
    return root;
  }
  return Assignment{mark, value, problems}.set(root, "", parts);
}

}  // namespace unroll
