#include <unroll/config/sweep.hpp>

#include <algorithm>
#include <map>
#include <set>

#include <unroll/config/override.hpp>
#include <unroll/config/scalar.hpp>
#include <unroll/config/sweep_draws.hpp>
#include <unroll/config/sweep_names.hpp>

namespace unroll {
namespace {

using Settings = std::vector<SweepSetting>;
using Alternatives = std::vector<Settings>;  ///< of which each point takes one

bool given(const Node* node) {
  return node != nullptr && !node->is_null();
}

/// How many there would be; more than the limit counts as one more than it.
std::size_t product_size(std::size_t a, std::size_t b) {
  return b != 0 && a > (kMostSweepPoints + 1) / b ? kMostSweepPoints + 1
                                                  : std::min(a * b, kMostSweepPoints + 1);
}

void too_many(const Mark& mark, Problems& problems) {
  problems.add(mark, fmt::format("more than {} points", kMostSweepPoints));
}

/// Every one of `outer` with every one of `inner`, which changes fastest.
Alternatives product(const Alternatives& outer, const Alternatives& inner) {
  Alternatives all;
  all.reserve(outer.size() * inner.size());
  for (const Settings& first : outer)
    for (const Settings& second : inner) {
      all.push_back(first);
      all.back().insert(all.back().end(), second.begin(), second.end());
    }
  return all;
}

Alternatives grid_of_map(const Node& map, Problems& problems) {
  if (!map.is_map() || map.entries().empty()) {
    problems.add(map.mark(), "grid expects a map of paths to lists of values");
    return {};
  }
  Alternatives all(1);
  std::size_t size = 1;
  for (const auto& [path, mark, values] : map.entries()) {
    if (!values.is_sequence() || values.items().empty()) {
      problems.add(values.is_null() ? mark : values.mark(),
                   fmt::format("'{}' expects a list of values{}", path,
                               values.is_map() ? "; write the path with dots, as in "
                                                 "model.many_to_many.hidden: [64, 128]"
                                               : ""));
      continue;
    }
    size = product_size(size, values.items().size());
    if (size > kMostSweepPoints) {
      too_many(mark, problems);
      return {};
    }
    Alternatives axis;
    for (const Node& value : values.items()) axis.push_back({{path, value, mark}});
    all = product(all, axis);
  }
  return all;
}

Alternatives grid(const Node& node, Problems& problems) {
  if (!node.is_sequence()) return grid_of_map(node, problems);
  Alternatives all;
  for (const Node& map : node.items()) {
    const Alternatives more = grid_of_map(map, problems);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

Alternatives listed(const Node& node, Problems& problems) {
  Alternatives all;
  if (!node.is_sequence()) problems.add(node.mark(), "points expects a list of maps");
  for (const Node& item : node.items()) {
    if (!item.is_map() || item.entries().empty()) {
      problems.add(item.mark(), "a point is a map of paths to values");
      continue;
    }
    Settings settings;
    for (const auto& [path, mark, value] : item.entries()) settings.push_back({path, value, mark});
    all.push_back(std::move(settings));
  }
  return all;
}

/// `seeds: 5` counts from the experiment's own seed; `seeds: [1, 7]` are these.
Alternatives seeds(const Node& node, const Node& root, const Mark& mark, Problems& problems) {
  std::vector<Node> values = node.items();
  if (!node.is_sequence()) {
    const Node* first = root.find("seed");
    const auto base =
        first == nullptr ? Parsed<std::uint64_t>{1, {}} : parse_unsigned(first->text());
    const auto count = parse_unsigned(node.text());
    if (!count.value || *count.value == 0 || *count.value > kMostSweepPoints) {
      problems.add(
          node.mark(),
          fmt::format("seeds expects how many (from 1 to {}) or a list of them", kMostSweepPoints));
      return {};
    }
    if (!base.value) {
      problems.add(first->mark(), "option 'seed' expects an integer, for seeds to count from");
      return {};
    }
    for (std::uint64_t i = 0; i < *count.value; ++i)
      values.push_back(Node::scalar(fmt::format("{}", *base.value + i), node.mark()));
  }
  if (values.empty()) problems.add(node.mark(), "seeds: the list is empty");
  Alternatives all;
  std::set<std::string> known;
  for (const Node& value : values) {
    if (!known.insert(value.text()).second)
      problems.add(value.mark(), fmt::format("the seed {} stands twice", value.text()));
    all.push_back({{"seed", value, mark}});
  }
  return all;
}

/// A key and all that stands below it.
const Node::Entry* entry(const Node& map, std::string_view key) {
  for (const Node::Entry& each : map.entries())
    if (each.key == key && !each.value.is_null()) return &each;
  return nullptr;
}

std::vector<OptionDescription> known_keys() {
  std::vector<OptionDescription> options;
  for (const char* name : {"grid", "random", "points", "prune"}) {
    options.emplace_back();
    options.back().name = name;
  }
  return options;
}

/// No path may be set by two parts of a sweep.
void check_paths(const std::vector<Alternatives>& parts, Problems& problems) {
  std::map<std::string, std::size_t> owner;
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (const Settings& settings : parts[i])
      for (const SweepSetting& setting : settings) {
        const auto [place, added] = owner.emplace(setting.path, i);
        if (!added && place->second != i)
          problems.add(setting.mark,
                       fmt::format("'{}' is set by another part of the sweep too", setting.path));
      }
}

}  // namespace

bool has_sweep(const Node& root) {
  return given(root.find("sweep")) || given(root.find("seeds"));
}

Node without_sweep(const Node& root) {
  std::vector<Node::Entry> kept;
  for (const Node::Entry& each : root.entries())
    if (each.key != "sweep" && each.key != "seeds") kept.push_back(each);
  return Node::map(std::move(kept), root.mark());
}

Sweep expand_sweep(const Node& root, const OptionFinder& find, Problems& problems) {
  const std::size_t before = problems.all().size();
  Sweep sweep;
  std::vector<Alternatives> parts;  // the outermost first
  if (const Node::Entry* list = entry(root, "seeds"))
    parts.push_back(seeds(list->value, root, list->key_mark, problems));
  if (const Node::Entry* described = entry(root, "sweep")) {
    const Node& node = described->value;
    if (detail::expect_map(node, "sweep", problems)) {
      detail::report_unknown_keys(node, known_keys(), problems);
      if (const auto* part = entry(node, "grid")) parts.push_back(grid(part->value, problems));
      if (const auto* part = entry(node, "random"))
        parts.push_back(random_settings(part->value, find, problems));
      if (const auto* part = entry(node, "points")) parts.push_back(listed(part->value, problems));
      if (const auto* part = entry(node, "prune")) sweep.prune = part->value;
      if (parts.empty() && problems.all().size() == before)
        problems.add(described->key_mark,
                     "the sweep has no points: give it a grid, random, points, or the experiment "
                     "seeds");
    }
  }
  check_paths(parts, problems);
  std::size_t size = 1;
  for (const Alternatives& part : parts)
    size = product_size(size, std::max<std::size_t>(part.size(), 1));
  if (size > kMostSweepPoints) too_many(root.mark(), problems);
  if (size > kMostSweepPoints) return sweep;

  Alternatives all(1);
  for (const Alternatives& part : parts)
    if (!part.empty()) all = product(all, part);
  const bool seeded = !parts.empty() && given(root.find("seeds")) && !parts.front().empty();
  for (Settings& settings : all) {
    // Seeds vary slowest, so that every setting is seen once early on, but stand last in names.
    if (seeded) std::rotate(settings.begin(), settings.begin() + 1, settings.end());
    sweep.points.push_back({{}, std::move(settings)});
  }
  name_points(sweep.points);
  return sweep;
}

Node experiment_of(const Node& base, const SweepPoint& point, Problems& problems) {
  Node experiment = base;
  for (const SweepSetting& setting : point.settings)
    experiment = set_value(experiment, setting.path, setting.value, setting.mark, problems);
  return experiment;
}

}  // namespace unroll
