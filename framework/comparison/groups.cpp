#include <unroll/comparison/groups.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include <unroll/comparison/table.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

namespace unroll::comparison {
namespace {

constexpr std::array<std::string_view, 6> kStatistics{"mean", "sd", "median", "min", "max", "n"};

std::string setting(const ComparedRun& run, std::string_view path) {
  const std::string* value = run.settings.find(path);
  return value ? *value : "absent";
}

std::uint64_t seed_of(const ComparedRun& run) {
  const std::string text = setting(run, "seed");
  std::uint64_t seed = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (problem != std::errc() || end != text.data() + text.size())
    fail(Failure::data, "{}: its seed '{}' is no number", run.path.string(), text);
  return seed;
}

/// The files that a run learnt from, as one text.
std::string data_of(const ComparedRun& run) {
  const Archive& environment = run.record.environment;
  if (!environment.has("data/sha256")) return {};
  const auto* sums =
      std::get_if<std::vector<std::string>>(&environment.array("data/sha256").values);
  return sums ? join(*sums) : std::string();
}

/// Settings that replicas may not differ in: all but those grouped by, the seed and bookkeeping.
bool must_agree(std::string_view path, const std::vector<std::string>& grouped) {
  if (path == "seed" || is_bookkeeping(path)) return false;
  return std::ranges::none_of(grouped,
                              [path](const std::string& one) { return is_at_or_below(path, one); });
}

void refuse_difference(const ComparedRun& a, const ComparedRun& b, const std::string& what,
                       const std::string& x, const std::string& y) {
  fail(Failure::usage,
       "{} and {} are no replicas: {} is {} and {}; add --group-by {}, or leave one out by --where",
       a.path.string(), b.path.string(), what, x, y, what);
}

void check_replicas(const Group& group, const std::vector<std::string>& grouped) {
  const ComparedRun& first = *group.replicas.front();
  for (const ComparedRun* run : group.replicas) {
    const std::array<const Settings*, 2> both{&first.settings, &run->settings};
    for (const std::string& path : differing(both)) {
      // A choice grouped by is the same here, but what comes below it may not be.
      const bool below = std::ranges::any_of(grouped, [&](const std::string& one) {
        return path != one && is_at_or_below(path, one);
      });
      if (below || must_agree(path, grouped))
        refuse_difference(first, *run, path, setting(first, path), setting(*run, path));
    }
    if (data_of(first) != data_of(*run))
      fail(Failure::usage,
           "{} and {} are no replicas: they learnt from different data (see runexp compare --diff)",
           first.path.string(), run->path.string());
  }
  for (std::size_t i = 1; i < group.seeds.size(); ++i) {
    if (group.seeds[i] != group.seeds[i - 1]) continue;
    const ComparedRun &one = *group.replicas[i - 1], &other = *group.replicas[i];
    fail(Failure::usage, "{} and {} are {} with seed {}; leave one out", one.path.string(),
         other.path.string(),
         one.record.run_id == other.record.run_id ? "the same run" : "two runs of one experiment",
         group.seeds[i]);
  }
}

/// What keeps the groups apart besides what they were grouped by.
void remark_on_groups(Grouping& grouping) {
  std::set<std::string> told;
  for (std::size_t i = 1; i < grouping.groups.size(); ++i) {
    const Group &a = grouping.groups[0], &b = grouping.groups[i];
    const std::array<const Settings*, 2> both{&a.replicas[0]->settings, &b.replicas[0]->settings};
    for (const std::string& path : differing(both))
      if (must_agree(path, grouping.settings) && told.insert(path).second)
        grouping.remarks.push_back(
            fmt::format("{} and {} differ in {} as well ({} and {})", a.name(), b.name(), path,
                        setting(*a.replicas[0], path), setting(*b.replicas[0], path)));
    if (data_of(*a.replicas[0]) != data_of(*b.replicas[0]) && told.insert("data").second)
      grouping.remarks.push_back(
          fmt::format("{} and {} learnt from different data", a.name(), b.name()));
  }
}

void remark_on_environment(Grouping& grouping, std::string_view name) {
  for (const Group& group : grouping.groups)
    for (const ComparedRun* run : group.replicas) {
      const std::string path = "environment." + std::string(name);
      const std::string here = text_of(value_of(*run, path));
      const std::string first = text_of(value_of(*group.replicas[0], path));
      if (here == first) continue;
      const bool numbers = name.find("sha256") != std::string_view::npos;
      grouping.remarks.push_back(
          fmt::format("replicas of {} were made with different {}{}", group.name(),
                      name == "plugins.sha256" ? "builds of plugins" : name,
                      numbers ? "" : fmt::format(" ({} and {})", first, here)));
      return;
    }
}

/// "runs/a.h5 is left out: it is killed", or how many are and the first of them.
std::string left_out_text(const std::string& status, const std::vector<std::string>& files) {
  if (files.size() == 1) return fmt::format("{} is left out: it is {}", files.front(), status);
  constexpr std::size_t kShown = 3;
  const std::span<const std::string> shown(files.data(), std::min(kShown, files.size()));
  return fmt::format("{} runs are left out: they are {} ({}{})", files.size(), status, join(shown),
                     files.size() > kShown ? ", …" : "");
}

}  // namespace

std::string Group::name() const {
  return values.empty() ? "all" : join(values);
}

std::vector<std::pair<std::uint64_t, double>> Group::figures(const FigureName& name) const {
  std::vector<std::pair<std::uint64_t, double>> found;
  for (std::size_t i = 0; i < replicas.size(); ++i)
    if (const std::optional<double> value = figure(replicas[i]->record, name))
      found.emplace_back(seeds[i], *value);
  return found;
}

Grouping group_runs(std::span<const ComparedRun> runs, std::vector<std::string> settings) {
  Grouping grouping;
  std::vector<const ComparedRun*> complete;
  std::vector<const Settings*> all;
  std::map<std::string, std::vector<std::string>> left_out;
  for (const ComparedRun& run : runs) {
    if (run.record.status == RunStatus::completed) {
      complete.push_back(&run);
      all.push_back(&run.settings);
    } else {
      left_out[run.status].push_back(run.path.string());
    }
  }
  for (const auto& [status, files] : left_out)
    grouping.remarks.push_back(left_out_text(status, files));
  if (settings.empty()) {
    settings = differing(all);
    std::erase_if(settings,
                  [](const std::string& path) { return path == "seed" || is_bookkeeping(path); });
  }
  grouping.settings = settings;
  std::map<std::vector<std::string>, std::size_t> places;
  for (const ComparedRun* run : complete) {
    std::vector<std::string> values;
    for (const std::string& path : settings) values.push_back(setting(*run, path));
    const auto [place, added] = places.emplace(values, grouping.groups.size());
    if (added) grouping.groups.push_back({std::move(values), {}, {}});
    grouping.groups[place->second].replicas.push_back(run);
  }
  for (Group& group : grouping.groups) {
    std::ranges::stable_sort(group.replicas, {},
                             [](const ComparedRun* run) { return seed_of(*run); });
    for (const ComparedRun* run : group.replicas) group.seeds.push_back(seed_of(*run));
    check_replicas(group, settings);
  }
  remark_on_groups(grouping);
  for (const char* name : {"unroll_version", "compute_library", "threads", "plugins.sha256"})
    remark_on_environment(grouping, name);
  return grouping;
}

std::optional<StatisticName> StatisticName::parse(std::string_view text) {
  const std::size_t dot = text.find_last_of("./");
  if (dot != std::string_view::npos) {
    const std::string_view end = text.substr(dot + 1);
    if (std::ranges::find(kStatistics, end) != kStatistics.end())
      if (const auto figure = FigureName::parse(text.substr(0, dot)))
        return StatisticName{*figure, std::string(end), true};
  }
  const auto figure = FigureName::parse(text);
  if (!figure) return std::nullopt;
  return StatisticName{*figure, "mean", false};
}

Value value_of(const Group& group, const Grouping& grouping, std::string_view name) {
  if (name == "n") return static_cast<double>(group.replicas.size());
  for (std::size_t i = 0; i < grouping.settings.size(); ++i)
    if (grouping.settings[i] == name) return value_of(*group.replicas.front(), name);
  const std::optional<StatisticName> wanted = StatisticName::parse(name);
  if (!wanted) return {};
  std::vector<double> values;
  for (const auto& [seed, value] : group.figures(wanted->figure)) values.push_back(value);
  if (wanted->statistic == "n") return static_cast<double>(values.size());
  if (values.empty()) return {};
  const Spread spread = spread_of(values);
  const double found = wanted->statistic == "sd"       ? spread.deviation
                       : wanted->statistic == "median" ? spread.median
                       : wanted->statistic == "min"    ? spread.least
                       : wanted->statistic == "max"    ? spread.most
                                                       : spread.mean;
  return std::isnan(found) ? Value() : Value(found);
}

}  // namespace unroll::comparison
