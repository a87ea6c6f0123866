#include <unroll/comparison/group_table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <unroll/comparison/overview.hpp>
#include <unroll/config/scalar.hpp>

namespace unroll::comparison {
namespace {

constexpr std::size_t kMostPairs = 10;

std::optional<Spread> spread_in(const Group& group, const FigureName& name) {
  std::vector<double> values;
  for (const auto& [seed, value] : group.figures(name)) values.push_back(value);
  if (values.empty()) return std::nullopt;
  return spread_of(values);
}

/// Decimals that show two digits of a number.
int decimals_for(double number) {
  if (!(number > 0)) return 4;
  return std::clamp(1 - static_cast<int>(std::floor(std::log10(number))), 0, 8);
}

/// "1.6049 ± 0.0086"; of one value alone "1.6049".
std::vector<Cell> spread_cells(const std::vector<std::optional<Spread>>& spreads) {
  double smallest = INFINITY;
  for (const auto& spread : spreads)
    if (spread && spread->deviation > 1e-9 * std::abs(spread->mean))  // not what rounding leaves
      smallest = std::min(smallest, spread->deviation);
  const int decimals = std::isinf(smallest) ? 4 : decimals_for(smallest);
  std::vector<Cell> cells;
  for (const auto& spread : spreads) {
    if (!spread) {
      cells.push_back({"-", ""});
      continue;
    }
    std::string shown = fmt::format("{:.{}f}", spread->mean, decimals);
    if (!std::isnan(spread->deviation))
      shown += fmt::format(" ± {:.{}f}", spread->deviation, decimals);
    cells.push_back({shown, number_text(spread->mean)});
  }
  return cells;
}

void add_separately(Table& table, const FigureName& name,
                    const std::vector<std::optional<Spread>>& spreads) {
  const auto column = [&](const char* statistic, double (*of)(const Spread&)) {
    std::vector<Value> values(spreads.size());
    for (std::size_t i = 0; i < spreads.size(); ++i)
      if (spreads[i] && !std::isnan(of(*spreads[i]))) values[i] = of(*spreads[i]);
    const std::string title = fmt::format("{}.{}", name.text(), statistic);
    table.add({title, title, true}, cells_of(values));
  };
  column("mean", [](const Spread& spread) { return spread.mean; });
  column("sd", [](const Spread& spread) { return spread.deviation; });
  column("n", [](const Spread& spread) { return static_cast<double>(spread.n); });
}

std::string p_text(double p) {
  return p < 0.0001 ? "<0.0001" : fmt::format("{:.4f}", p);
}

std::string signed_text(double value, int decimals) {
  return fmt::format("{:+.{}f}", value, decimals);
}

std::string interval_text(const Interval& interval, int decimals) {
  return fmt::format("{} to {}", signed_text(interval.low, decimals),
                     signed_text(interval.high, decimals));
}

std::string verdict_text(const Contrast& contrast) {
  std::string text(verdict_name(contrast.verdict()));
  if (contrast.verdict() == Contrast::Verdict::not_told_from_noise && contrast.needed > 0)
    text += contrast.needed >= 1000 ? " (over 1000 seeds would)"
                                    : fmt::format(" (about {} seeds would)", contrast.needed);
  return text;
}

/// Of many pairs those with the group that did best.
std::vector<Contrast> to_show(const std::vector<Contrast>& contrasts) {
  if (contrasts.size() <= kMostPairs) return contrasts;
  const bool larger = larger_is_better(contrasts.front().figure.metric);
  const Group* best = nullptr;
  double mean = 0;
  const auto consider = [&](const Group* group, const Spread& spread) {
    if (spread.n == 0 || (best && (larger ? spread.mean <= mean : spread.mean >= mean))) return;
    best = group;
    mean = spread.mean;
  };
  for (const Contrast& one : contrasts) {
    consider(one.a, one.of_a);
    consider(one.b, one.of_b);
  }
  std::vector<Contrast> shown;
  for (const Contrast& one : contrasts)
    if (one.a == best || one.b == best) shown.push_back(one);
  return shown;
}

}  // namespace

std::string_view verdict_name(Contrast::Verdict verdict) noexcept {
  switch (verdict) {
    case Contrast::Verdict::more_than_noise:
      return "more than noise";
    case Contrast::Verdict::not_told_from_noise:
      return "not told from noise";
    case Contrast::Verdict::too_few_seeds:
      break;
  }
  return "too few seeds to tell";
}

Table group_table(const Grouping& grouping, const std::vector<FigureName>& figures, bool separate) {
  Table table;
  const std::vector<std::string> titles = titles_of(grouping.settings);
  for (std::size_t i = 0; i < grouping.settings.size(); ++i) {
    std::vector<Value> values;
    for (const Group& group : grouping.groups)
      values.push_back(value_of(*group.replicas.front(), grouping.settings[i]));
    table.add({grouping.settings[i], titles[i], is_numeric(values)}, cells_of(values));
  }
  std::vector<Value> counts(grouping.groups.size());
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] = static_cast<double>(grouping.groups[i].replicas.size());
  table.add({"n", "n", true}, cells_of(counts));
  for (const FigureName& name : figures) {
    std::vector<std::optional<Spread>> spreads;
    for (const Group& group : grouping.groups) spreads.push_back(spread_in(group, name));
    if (separate) {
      add_separately(table, name, spreads);
      continue;
    }
    std::vector<Cell> cells = spread_cells(spreads);
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (spreads[i] && spreads[i]->n < grouping.groups[i].replicas.size())
        cells[i].shown += fmt::format(" (n {})", spreads[i]->n);
    table.add({name.text(), titles_of({name.text()}).front(), true}, std::move(cells));
  }
  return table;
}

Table contrast_table(const std::vector<Contrast>& contrasts) {
  std::vector<std::vector<Cell>> columns(9);
  const auto put = [&columns](std::size_t column, std::string text) {
    columns[column].push_back({text, text});
  };
  const std::vector<Contrast> shown = to_show(contrasts);
  double smallest = INFINITY;
  for (const Contrast& one : shown)
    if (one.test && one.test->interval.high > one.test->interval.low)
      smallest = std::min(smallest, one.test->interval.high - one.test->interval.low);
  const int decimals = std::isinf(smallest) ? 4 : decimals_for(smallest / 10);
  for (const Contrast& one : shown) {
    put(0, one.a->name() + " against " + one.b->name());
    if (one.test) {
      put(1, signed_text(one.test->difference, decimals));
      put(2, interval_text(one.test->interval, decimals));
      put(3, interval_text(one.bootstrap, decimals));
      put(4, p_text(one.adjusted_p));
      put(5, p_text(one.rank_p));
      put(6, one.hedges_g ? fmt::format("{:+.2f}", *one.hedges_g) : "-");
    } else {
      for (std::size_t column = 1; column <= 6; ++column) put(column, "-");
    }
    put(7, one.paired ? fmt::format("{} pairs of seeds", one.of_a.n)
                      : fmt::format("{} and {} seeds", one.of_a.n, one.of_b.n));
    put(8, verdict_text(one));
  }
  Table table;
  table.add({"groups", "", false}, std::move(columns[0]));
  table.add({"difference", "difference", true}, std::move(columns[1]));
  table.add({"verdict", "", false}, std::move(columns[8]));
  table.add({"interval_95", "95 % interval", true}, std::move(columns[2]));
  table.add({"p_holm", "p (Holm)", true}, std::move(columns[4]));
  table.add({"hedges_g", "Hedges' g", true}, std::move(columns[6]));
  table.add({"by", "by", false}, std::move(columns[7]));
  table.add({"p_ranks", "p of ranks", true}, std::move(columns[5]));
  table.add({"bootstrap_95", "bootstrap", true}, std::move(columns[3]));
  return table;
}

void sort_groups(Grouping& grouping, std::string_view name, bool descending) {
  std::vector<Value> values;
  for (const Group& group : grouping.groups) values.push_back(value_of(group, grouping, name));
  std::vector<Group> sorted;
  for (const std::size_t i : order_of(values, descending))
    sorted.push_back(std::move(grouping.groups[i]));
  grouping.groups = std::move(sorted);
}

}  // namespace unroll::comparison
