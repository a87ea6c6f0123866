#include <unroll/comparison/overview.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace unroll::comparison {
namespace {

/// Numbers, then texts, then what is absent.
int rank_of(const Value& value) {
  if (std::holds_alternative<double>(value)) return 0;
  return std::holds_alternative<std::monostate>(value) ? 2 : 1;
}

bool before(const Value& a, const Value& b, bool descending) {
  if (rank_of(a) == 2 || rank_of(b) == 2) return rank_of(a) < rank_of(b);
  if (rank_of(a) != rank_of(b)) return rank_of(a) < rank_of(b);
  if (rank_of(a) == 0) {
    const double x = std::get<double>(a), y = std::get<double>(b);
    return descending ? y < x : x < y;
  }
  return descending ? text_of(b) < text_of(a) : text_of(a) < text_of(b);
}

}  // namespace

std::vector<std::string> differing_settings(std::span<const ComparedRun> runs) {
  std::vector<const Settings*> all;
  for (const ComparedRun& run : runs) all.push_back(&run.settings);
  std::vector<std::string> paths = differing(all);
  std::erase_if(paths, [](const std::string& path) {
    return path == "output" || path == "description" || path == "expect";
  });
  return paths;
}

std::vector<std::string> usual_columns(std::span<const ComparedRun> runs) {
  std::vector<std::string> columns;
  const auto labelled = [&](auto has) { return std::ranges::any_of(runs, has); };
  if (labelled([](const ComparedRun& run) { return !run.record.labels.name.empty(); }))
    columns.emplace_back("name");
  if (labelled([](const ComparedRun& run) { return !run.record.labels.tags.empty(); }))
    columns.emplace_back("tag");
  const std::vector<std::string> settings = differing_settings(runs);
  columns.insert(columns.end(), settings.begin(), settings.end());
  const std::vector<FigureName> figures = usual_figures(runs);
  for (const FigureName& name : figures) {
    columns.push_back(name.text());
    if (&name == &figures.front())
      columns.push_back(FigureName{name.split, name.metric, FigureName::Which::best}.text());
  }
  columns.emplace_back("step");
  columns.emplace_back("status");
  return columns;
}

std::vector<std::string> short_files(std::span<const ComparedRun> runs) {
  std::vector<std::string> names;
  for (const ComparedRun& run : runs) names.push_back(run.path.string());
  if (names.empty()) return names;
  std::size_t common = names.front().rfind('/') + 1;
  for (const std::string& name : names) {
    const auto [here, there] =
        std::mismatch(names.front().begin(), names.front().end(), name.begin(), name.end());
    const std::string_view shared(names.front().data(),
                                  static_cast<std::size_t>(here - names.front().begin()));
    common = std::min(common, shared.rfind('/') + 1);
  }
  const bool all_h5 =
      std::ranges::all_of(names, [](const std::string& name) { return name.ends_with(".h5"); });
  for (std::string& name : names) {
    if (all_h5) name.resize(name.size() - 3);
    name.erase(0, common);
  }
  return names;
}

std::vector<std::string> titles_of(const std::vector<std::string>& names) {
  std::vector<std::string> settings;
  for (const std::string& name : names)
    if (!FigureName::parse(name)) settings.push_back(name);
  std::vector<std::string> short_ones = short_names(settings);
  std::size_t next = 0;
  std::vector<std::string> titles;
  for (const std::string& name : names) {
    if (const auto figure = FigureName::parse(name)) {
      const bool best = figure->which == FigureName::Which::best;
      const bool step = figure->which == FigureName::Which::best_step;
      const bool first = figure->which == FigureName::Which::first;
      titles.push_back(fmt::format("{}{} {}{}",
                                   best    ? "best "
                                   : first ? "first "
                                           : "",
                                   figure->split, figure->metric, step ? " best at" : ""));
    } else {
      titles.push_back(short_ones[next++]);
    }
  }
  return titles;
}

Table overview(std::span<const ComparedRun> runs, const std::vector<std::string>& columns) {
  Table table;
  const std::vector<std::string> files = short_files(runs);
  std::vector<Cell> cells;
  for (std::size_t i = 0; i < runs.size(); ++i) cells.push_back({files[i], runs[i].path.string()});
  table.add({"file", "run", false}, std::move(cells));
  const std::vector<std::string> titles = titles_of(columns);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::vector<Value> values;
    for (const ComparedRun& run : runs) values.push_back(value_of(run, columns[i]));
    table.add({columns[i], titles[i], is_numeric(values)}, cells_of(values));
  }
  return table;
}

std::vector<std::size_t> order_of(const std::vector<Value>& values, bool descending) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
    return before(values[a], values[b], descending);
  });
  return order;
}

void sort_runs(std::vector<ComparedRun>& runs, std::string_view name, bool descending) {
  std::vector<Value> values;
  for (const ComparedRun& run : runs) values.push_back(value_of(run, name));
  std::vector<ComparedRun> sorted;
  for (const std::size_t i : order_of(values, descending)) sorted.push_back(std::move(runs[i]));
  runs = std::move(sorted);
}

}  // namespace unroll::comparison
