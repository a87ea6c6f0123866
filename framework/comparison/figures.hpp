// Figures and names: what may be asked of a run, and which figure is the one to look at.
//
//   SPLIT.METRIC  [.last | .best | .first | .best_step]     validation.loss, test.bleu.best
//   timing.SPLIT.NAME                                        timing.train.tokens_per_second
//   environment.NAME                                         environment.git_revision
//   file folder name tag note experiment status reason step created finished run_id
//   any setting by its path, or by an end of it that no other has: training.batch, cell
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <unroll/comparison/collect.hpp>

namespace unroll::comparison {

/// Nothing, a number, a text, or several texts (tags).
using Value = std::variant<std::monostate, double, std::string, std::vector<std::string>>;

/// Whether more of a metric is better: accuracy, bleu, r_squared, …; of all others less is.
bool larger_is_better(std::string_view metric) noexcept;

/// A figure of a split by its name, and which of its values is meant.
struct FigureName {
  enum class Which { last, best, first, best_step };
  std::string split, metric;
  Which which = Which::last;

  /// "validation.loss.best"; nothing if the text has not that form.
  static std::optional<FigureName> parse(std::string_view text);
  /// The inverse; `.last` is left out.
  std::string text() const;
};

/// Nothing where the run has no such figure; rows that are NaN lack it.
std::optional<double> figure(const RunRecord& record, const FigureName& name);
/// The best value of a metric and the first step that it was reached at.
struct Best {
  double value = 0;
  std::int64_t step = 0;
};
std::optional<Best> best_of(const MetricTable& table, std::string_view metric);

/// What a run answers to a name that `resolve` gave.
Value value_of(const ComparedRun& run, std::string_view name);

/// The name in full: an end of a setting's path becomes the path. Throws Error(usage) naming what
/// is known nowhere, with the nearest that is, or what several settings end with.
std::string resolve(std::string_view name, std::span<const ComparedRun> runs);

/// The metrics of the runs' held-out data that suit their tasks, the first the one to judge by:
/// validation.bleu, validation.loss, …
std::vector<FigureName> usual_figures(std::span<const ComparedRun> runs);

}  // namespace unroll::comparison
