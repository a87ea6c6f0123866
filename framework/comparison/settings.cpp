#include <unroll/comparison/settings.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include <unroll/config/yaml.hpp>

namespace unroll::comparison {
namespace {

constexpr std::array<std::string_view, 12> kBookkeeping{
    "experiment",
    "description",
    "output",
    "expect",
    "plugins",
    "threads",
    "generate",
    "training.log_every",
    "training.sample_every",
    "training.checkpoint_every",
    "training.checkpoint_seconds",
    "evaluation.examples",
};

/// Every path that any of them has, in an order that fits each.
std::vector<std::string> all_paths(std::span<const Settings* const> all) {
  std::vector<std::string> paths;
  std::set<std::string_view> seen;
  for (const Settings* settings : all) {
    std::size_t place = 0;  // behind the last path that both have
    for (const auto& [path, value] : settings->entries()) {
      if (seen.contains(path)) {
        const auto found = std::find(paths.begin(), paths.end(), path);
        place = static_cast<std::size_t>(found - paths.begin()) + 1;
      } else {
        paths.insert(paths.begin() + static_cast<std::ptrdiff_t>(place++), path);
        seen.insert(path);
      }
    }
  }
  return paths;
}

/// Does this experiment lack `model.cell.lstm.bias` because its `model.cell` is another one?
bool absent_by_choice(const Settings& settings, std::string_view path) {
  for (std::size_t dot = path.find('.'); dot != std::string_view::npos;) {
    const std::size_t end = std::min(path.find('.', dot + 1), path.size());
    const std::string* chosen = settings.find(path.substr(0, dot));
    if (chosen != nullptr && *chosen != path.substr(dot + 1, end - dot - 1)) return true;
    dot = end < path.size() ? end : std::string_view::npos;
  }
  return false;
}

bool all_equal(std::span<const Settings* const> all, const std::string& path) {
  std::optional<std::optional<std::string_view>> first;
  for (const Settings* settings : all) {
    const std::string* value = settings->find(path);
    if (value == nullptr && absent_by_choice(*settings, path)) continue;
    const auto here = value ? std::optional<std::string_view>(*value) : std::nullopt;
    if (!first) first = here;
    if (*first != here) return false;
  }
  return true;
}

}  // namespace

Settings::Settings(const Node& root) {
  for (const Node::Entry& entry : root.entries()) add(entry.key, entry.value);
  for (std::size_t i = 0; i < entries_.size(); ++i) sorted_.push_back(i);
  std::ranges::sort(sorted_, {}, [this](std::size_t i) { return entries_[i].first; });
}

Settings Settings::parse(std::string_view yaml, const std::string& name) {
  Problems problems;
  const Node root = load_yaml_text(yaml, name, problems);
  if (!problems.empty())
    fail(Failure::data, "{}: its configuration cannot be read: {}", name, problems.text());
  return Settings(root);
}

void Settings::add(std::string path, const Node& node) {
  if (!node.is_map()) {
    entries_.emplace_back(std::move(path), node.is_scalar() ? node.text() : to_flow_yaml(node));
    return;
  }
  if (node.entries().size() == 1) entries_.emplace_back(path, node.entries().front().key);
  for (const Node::Entry& entry : node.entries()) {
    const bool empty =
        entry.value.is_null() || (entry.value.is_map() && entry.value.entries().empty());
    if (empty && node.entries().size() == 1) continue;  // a choice without options
    add(path + "." + entry.key, entry.value);
  }
}

const std::string* Settings::find(std::string_view path) const noexcept {
  const auto name = [this](std::size_t i) { return std::string_view(entries_[i].first); };
  const auto found = std::ranges::lower_bound(sorted_, path, {}, name);
  return found != sorted_.end() && name(*found) == path ? &entries_[*found].second : nullptr;
}

bool is_at_or_below(std::string_view path, std::string_view below) noexcept {
  return path.starts_with(below) && (path.size() == below.size() || path[below.size()] == '.');
}

std::vector<std::string> differing(std::span<const Settings* const> all) {
  std::vector<std::string> paths = all_paths(all);
  std::erase_if(paths, [&](const std::string& path) { return all_equal(all, path); });
  return paths;
}

bool is_bookkeeping(std::string_view path) noexcept {
  return std::ranges::any_of(kBookkeeping,
                             [path](std::string_view one) { return is_at_or_below(path, one); });
}

std::vector<std::string> short_names(std::span<const std::string> paths) {
  const auto ending = [](const std::string& path, int dots) {
    std::size_t at = path.size();
    while (dots-- > 0 && at != std::string::npos && at > 0) at = path.rfind('.', at - 1);
    return at == std::string::npos ? path : path.substr(at + 1);
  };
  std::vector<std::string> names(paths.size());
  std::vector<int> dots(paths.size(), 1);
  for (;;) {
    std::map<std::string, int> uses;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      names[i] = ending(paths[i], dots[i]);
      ++uses[names[i]];
    }
    bool longer = false;
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (uses[names[i]] == 1 || names[i] == paths[i]) continue;
      ++dots[i];
      longer = true;
    }
    if (!longer) return names;
  }
}

}  // namespace unroll::comparison
