// runexp compare --diff and --why: two runs laid side by side.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <unroll/comparison/difference.hpp>
#include <unroll/comparison/overview.hpp>
#include <unroll/core/text.hpp>
#include <unroll/results/run_file.hpp>

#include "compare.hpp"
#include "json_output.hpp"
#include "terminal.hpp"

namespace unroll::cli {
namespace {

using namespace comparison;
using Kind = Difference::Kind;

struct Pair {
  ComparedRun a, b;
  std::vector<Difference> found;
};

Pair read_pair(const std::vector<std::string>& files) {
  Pair pair{read_run(files.at(0)), read_run(files.at(1)), {}};
  pair.found = differences(pair.a, pair.b);
  return pair;
}

Cell cell(const std::string& text) {
  return {text.empty() ? "-" : text, text};
}

std::string figure_text(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.4g}", value);
}

Table difference_table(const Pair& pair) {
  std::vector<Cell> kinds, names, a, b;
  for (const Difference& one : pair.found) {
    kinds.push_back(cell(std::string(kind_name(one.kind))));
    names.push_back(cell(one.what));
    a.push_back(cell(one.a));
    b.push_back(cell(one.b));
  }
  Table table;
  table.add({"kind", "kind", false}, std::move(kinds));
  table.add({"what", "what", false}, std::move(names));
  const std::vector<ComparedRun> both{pair.a, pair.b};
  const std::vector<std::string> files = short_files(both);
  table.add({"a", files[0], false}, std::move(a));
  table.add({"b", files[1], false}, std::move(b));
  return table;
}

Table figure_table(const Pair& pair) {
  const std::vector<ComparedRun> both{pair.a, pair.b};
  std::vector<std::string> columns;
  for (const FigureName& name : usual_figures(both)) columns.push_back(name.text());
  columns.emplace_back("step");
  columns.emplace_back("status");
  return overview(both, columns);
}

Table weight_table(const std::vector<WeightDifference>& weights) {
  std::vector<Cell> names, columns[5], remarks;
  for (const WeightDifference& one : weights) {
    names.push_back(cell(one.name));
    const bool whole = one.remark.empty();
    const double nothing = std::nan("");
    const double figures[] = {one.norm_a, one.norm_b, whole ? one.norm_of_difference : nothing,
                              whole ? one.relative : nothing, whole ? one.cosine : nothing};
    for (std::size_t i = 0; i < 5; ++i)
      columns[i].push_back({figure_text(figures[i]), fmt::format("{}", figures[i])});
    remarks.push_back({one.remark, one.remark});
  }
  Table table;
  table.add({"parameter", "parameter", false}, std::move(names));
  const char* titles[] = {"norm of a", "norm of b", "of a - b", "relative", "cosine"};
  for (std::size_t i = 0; i < 5; ++i)
    table.add({titles[i], titles[i], true}, std::move(columns[i]));
  const bool any =
      std::ranges::any_of(weights, [](const auto& one) { return !one.remark.empty(); });
  if (any) table.add({"remark", "", false}, std::move(remarks));
  return table;
}

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}

Json differences_json(const std::vector<Difference>& found) {
  Json all = Json::array();
  for (const Difference& one : found)
    all.push_back({{"kind", kind_name(one.kind)}, {"what", one.what}, {"a", one.a}, {"b", one.b}});
  return all;
}

Json weights_json(const std::vector<WeightDifference>& weights) {
  Json all = Json::array();
  for (const WeightDifference& one : weights) {
    Json found = {{"parameter", one.name}, {"norm_a", one.norm_a}, {"norm_b", one.norm_b}};
    if (one.remark.empty()) {
      found["norm_of_difference"] = one.norm_of_difference;
      found["relative"] = number(one.relative);
      found["cosine"] = number(one.cosine);
    } else {
      found["remark"] = one.remark;
    }
    all.push_back(std::move(found));
  }
  return all;
}

std::string parting_text(const Parting& where) {
  return fmt::format(
      "{} at step {}: {} is {:.17g} and {:.17g}{}", where.split, where.step, where.metrics[0],
      where.a, where.b,
      where.metrics.size() == 1 ? "" : fmt::format(" (and {} more)", where.metrics.size() - 1));
}

/// What to make of where they parted.
std::string advice(const Pair& pair, const std::optional<Parting>& where, std::size_t shared) {
  const bool any = std::ranges::any_of(
      pair.found, [](const Difference& one) { return one.kind < Kind::machine; });
  if (!where && shared == 0) return "They measured nothing at the same step; nothing can be told.";
  if (!where)
    return any ? "What differs had no effect on anything measured."
               : "They are the same run, as far as anything was measured.";
  if (where->first_row)
    return any ? "They differ from the first figures on: what is named first above parted them."
               : "They differ from the first figures on, and nothing that is recorded explains it: "
                 "threads, processor or an option of the environment changed the order of sums.";
  return fmt::format(
      "They are the same to the bit before that step: what parted them takes effect only then "
      "(a schedule, an epoch's order of the data, evaluations, resuming), or is damage{}.",
      any ? "" : " or a bug, for nothing that is recorded differs");
}

}  // namespace

void print_differences(const std::vector<std::string>& files, const CompareOptions& options) {
  const Pair pair = read_pair(files);
  const RunRecord a = open_run(files.at(0)), b = open_run(files.at(1));
  const std::vector<WeightDifference> weights = weight_differences(a.weights, b.weights);
  if (options.json || options.format == "json") {
    print_json({{"a", files.at(0)},
                {"b", files.at(1)},
                {"differences", differences_json(pair.found)},
                {"weights", weights_json(weights)}});
    return;
  }
  if (pair.found.empty()) fmt::print("configuration, data, plugins and environment are the same\n");
  if (!pair.found.empty()) print_table(difference_table(pair), options.format);
  fmt::print("\n");
  print_table(figure_table(pair), options.format);
  fmt::print("\n");
  print_table(weight_table(weights), options.format);
}

void print_reasons(const std::vector<std::string>& files, const CompareOptions& options) {
  const Pair pair = read_pair(files);
  std::size_t shared = 0;
  const std::optional<Parting> where = parting(pair.a.record, pair.b.record, shared);
  if (options.json || options.format == "json") {
    Json found = {{"differences", differences_json(pair.found)}, {"rows_in_common", shared}};
    found["parted"] = where ? Json{{"split", where->split},     {"step", where->step},
                                   {"metrics", where->metrics}, {"a", number(where->a)},
                                   {"b", number(where->b)},     {"first_row", where->first_row}}
                            : Json();
    print_json(found);
    return;
  }
  if (!pair.found.empty()) {
    print_table(difference_table(pair), options.format);
    fmt::print("\n");
  }
  fmt::print("{}\n{}\n",
             where ? "They parted in " + parting_text(*where)
                   : fmt::format("All {} rows that both measured are the same to the bit.", shared),
             advice(pair, where, shared));
}

}  // namespace unroll::cli
