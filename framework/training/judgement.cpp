#include <unroll/training/judgement.hpp>

#include <algorithm>
#include <string>

#include <unroll/core/error.hpp>
#include <unroll/core/text.hpp>
#include <unroll/training/held_out.hpp>
#include <unroll/training/trainer.hpp>

namespace unroll {
namespace {

std::optional<double> figure_of(const Expectation& wanted, const Summary& summary,
                                Task::Goal goal) {
  const bool test = wanted.split == "test";
  const std::optional<Figures> figures = wanted.split == "train" ? std::optional(summary.train)
                                         : test                  ? summary.test
                                                                 : summary.validation;
  if (!figures || figures->counted == 0) return std::nullopt;
  std::optional<Metric> found = find_metric(basic_metrics(goal, *figures), wanted.figure);
  if (!found && wanted.split != "train")
    found = find_metric(test ? summary.test_metrics : summary.validation_metrics, wanted.figure);
  return found ? std::optional(found->value) : std::nullopt;
}

}  // namespace

std::vector<Judgement> judge(const std::vector<Expectation>& expectations, const Summary& summary,
                             Task::Goal goal) {
  std::vector<Judgement> judgements;
  for (const Expectation& expectation : expectations) {
    const std::optional<double> reached = figure_of(expectation, summary, goal);
    judgements.push_back({expectation, reached, reached && expectation.met_by(*reached)});
  }
  return judgements;
}

void check_figures(const std::vector<Expectation>& expectations, Task::Goal goal) {
  for (const Expectation& wanted : expectations) {
    std::vector<std::string> names;
    for (const Metric& metric : basic_metrics(goal, {})) names.push_back(metric.name);
    if (wanted.split != "train")
      for (const std::string_view name : task_metric_names(goal)) names.emplace_back(name);
    if (std::find(names.begin(), names.end(), wanted.figure) == names.end())
      fail(Failure::usage, "expect: this task has no figure '{}'{}; it has {}", wanted.figure,
           did_you_mean(wanted.figure, names), join(names));
  }
}

}  // namespace unroll
