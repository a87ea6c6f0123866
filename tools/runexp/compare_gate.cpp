// runexp compare --fail-if: a gate over runs or groups.
#include <fmt/format.h>

#include <algorithm>

#include <unroll/comparison/table.hpp>
#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>

#include "compare.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

using namespace comparison;

/// The values behind a verdict: "validation.loss.mean = 1.6549".
std::string evidence(const Query& query, const std::function<Value(const std::string&)>& value) {
  std::vector<std::string> found, seen;
  for (const std::string& name : query.names()) {
    if (std::ranges::find(seen, name) != seen.end()) continue;
    seen.push_back(name);
    const std::string text = text_of(value(name));
    found.push_back(text.empty() ? fmt::format("{} is missing", name)
                                 : fmt::format("{} = {}", name, text));
  }
  return join(found);
}

/// Does one thing pass? Says on stderr why not.
bool passes(const Query& query, const std::string& what,
            const std::function<Value(const std::string&)>& value) {
  const Truth broken = query.of(value);
  if (broken == Truth::no) return true;
  fmt::print(stderr, "{} {}: {} ({}{})\n", styled(stderr, Style::red, "gate:"), printable(what),
             printable(query.text()), printable(evidence(query, value)),
             broken == Truth::unknown ? ": it cannot be told, which is a failure too" : "");
  return false;
}

bool asks_for_statistics(const Query& query) {
  return std::ranges::any_of(query.names(), [](const std::string& name) {
    const auto statistic = StatisticName::parse(name);
    return name == "n" || (statistic && statistic->given);
  });
}

}  // namespace

bool gates_pass(const std::vector<ComparedRun>& runs, const Grouping* grouping,
                const std::vector<std::string>& gates) {
  bool all = true;
  for (const std::string& text : gates) {
    Query query = Query::parse(text);
    const bool statistics = asks_for_statistics(query);
    query.rename([&](const std::string& name) {
      const auto statistic = StatisticName::parse(name);
      if (name == "n") return name;
      if (!statistic || !statistic->given) return resolve(name, runs);
      return resolve(statistic->figure.text(), runs) + "." + statistic->statistic;
    });
    if (!statistics && grouping == nullptr) {
      for (const ComparedRun& run : runs)
        all = passes(query, run.path.string(),
                     [&](const std::string& name) { return value_of(run, name); }) &&
              all;
      continue;
    }
    const Grouping replicas = grouping ? Grouping() : group_runs(runs, {});
    const Grouping& groups = grouping ? *grouping : replicas;
    if (groups.groups.empty())
      fail(Failure::gate, "{}: no run is complete, so there is nothing to average", text);
    for (const Group& group : groups.groups)
      all = passes(query, group.name(),
                   [&](const std::string& name) { return value_of(group, groups, name); }) &&
            all;
  }
  return all;
}

}  // namespace unroll::cli
