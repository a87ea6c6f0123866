// Groups: replicas over seeds gathered, and whether groups differ by more than noise.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <unroll/comparison/collect.hpp>
#include <unroll/comparison/figures.hpp>
#include <unroll/comparison/statistics.hpp>

namespace unroll::comparison {

/// Runs that are the same but for their seeds.
struct Group {
  std::vector<std::string> values;           ///< of the settings grouped by, in their order
  std::vector<const ComparedRun*> replicas;  ///< by seed
  std::vector<std::uint64_t> seeds;          ///< of the replicas

  /// "gru" or "gru, 64".
  std::string name() const;
  /// A figure of every replica that has it, with the seeds of these.
  std::vector<std::pair<std::uint64_t, double>> figures(const FigureName& name) const;
};

struct Grouping {
  std::vector<std::string> settings;  ///< grouped by
  std::vector<Group> groups;          ///< in the order of the groups' first runs
  /// What was left out, because it has not reached its end (running, killed, interrupted, failed,
  /// diverged), and what else a reader should know: settings that keep groups apart besides those
  /// grouped by, plugins or versions that replicas do not share.
  std::vector<std::string> remarks;
};

/// Gathers completed runs by their values of some settings (paths in full; what runs choose below
/// them comes along). Without settings, by all that differ but the seed. The runs must outlive it.
///
/// Throws Error(usage) where a group's runs differ in another setting than the seed or in their
/// data, naming it with both values and files, or where two of them have the same seed.
Grouping group_runs(std::span<const ComparedRun> runs, std::vector<std::string> settings);

/// Two groups by one figure.
struct Contrast {
  const Group* a = nullptr;
  const Group* b = nullptr;
  FigureName figure;
  bool paired = false;  ///< all seeds of one are those of the other
  Spread of_a, of_b;
  /// Absent where a group has fewer than two values.
  std::optional<TTest> test;
  double adjusted_p = 1;  ///< Holm's, over all contrasts of this figure
  double rank_p = 1;      ///< Wilcoxon's signed ranks for pairs, else Mann and Whitney's
  std::optional<double> hedges_g;
  Interval bootstrap;
  std::size_t needed = 0;  ///< seeds a group to tell a difference like this one; 0: unknown

  enum class Verdict { more_than_noise, not_told_from_noise, too_few_seeds };
  /// More than noise where the adjusted p is below 0.05 and each group has three values.
  Verdict verdict() const;
};

/// All pairs of groups, or only those with `baseline` (an index), by one figure.
std::vector<Contrast> contrasts(const Grouping& grouping, const FigureName& figure,
                                std::optional<std::size_t> baseline = std::nullopt);

/// What a group answers to `FIGURE.STATISTIC` with mean, sd, median, min, max or n ("n" alone is
/// the number of replicas), and to the settings grouped by. The name without a statistic is the
/// mean's.
Value value_of(const Group& group, const Grouping& grouping, std::string_view name);

/// A figure's name and its statistic ("mean" if there is none): "validation.loss.best.sd".
struct StatisticName {
  FigureName figure;
  std::string statistic;
  bool given = false;  ///< was a statistic written?
  static std::optional<StatisticName> parse(std::string_view text);
};

}  // namespace unroll::comparison
