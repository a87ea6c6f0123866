// The median rule: ends a run that does worse than most others did when they were as far.
//
//   sweep: {prune: {median: {warmup: 500, minimum: 5, metric: validation/loss}}}
//
// At step s, a run is pruned if the best value of its metric up to s is strictly worse than the
// median, over the completed runs, of the average of their values up to s (Golovin et al. 2017,
// "Google Vizier: a service for black-box optimization", section 3.2). It assumes nothing of the
// form of the curves. What it decides depends on which runs have completed at that moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <unroll/config/schema.hpp>
#include <unroll/results/run_record.hpp>

namespace unroll {

struct MedianRule {
  using Options = MedianRule;
  std::int64_t warmup = 0;
  std::int64_t minimum = 5;
  std::string metric = "validation/loss";
  std::string better = "auto";
  static void describe(Schema<MedianRule>& schema);

  /// Is less of the metric better?
  bool smaller_is_better() const;
  /// `validation` and `loss`.
  std::string split() const { return metric.substr(0, metric.find('/')); }
  std::string name() const { return metric.substr(metric.find('/') + 1); }
};

/// Reads `prune:`, a map of one rule. Mistakes go to `problems`.
MedianRule read_median_rule(const Node& prune, Problems& problems);

/// A completed run to compare with.
struct RunCurve {
  std::string name;
  std::vector<std::int64_t> steps;
  std::vector<double> values;
};

/// The rule's metric of a run; empty where it has none. NaN is left out.
RunCurve curve_of(const MedianRule& rule, std::string name, const MetricTables& metrics);

/// What the rule says of a run at a step, and of which figures.
struct MedianVerdict {
  bool prune = false;
  std::int64_t step = 0;
  double best = 0, median = 0;
  std::vector<std::string> compared;  ///< names of the runs
  std::vector<double> averages;       ///< of each
};

/// Nothing before the warm-up, with too few runs to compare with, or without a value of its own.
std::optional<MedianVerdict> judge(const MedianRule& rule, const RunCurve& own,
                                   const std::vector<RunCurve>& completed, std::int64_t step);

/// "pruned at step 600: best validation/loss 2.31, the median of 5 others' averages is 2.05".
std::string verdict_text(const MedianRule& rule, const MedianVerdict& verdict);
/// Does the reason of an interrupted run say that it was pruned?
bool says_pruned(std::string_view reason) noexcept;

}  // namespace unroll
