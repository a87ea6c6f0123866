// What the parts of `runexp compare` share: what was asked and which runs are meant.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <unroll/comparison/groups.hpp>
#include <unroll/comparison/query.hpp>
#include <unroll/comparison/table.hpp>

namespace unroll::cli {

struct CompareOptions {
  std::vector<std::string> places;
  std::vector<std::string> columns, where, group_by, fail_if;
  std::string sort, baseline;
  std::string plot;  ///< a figure; "true": the usual one; empty: none
  bool descending = false, diff = false, why = false;
  std::string format = "text";
  bool json = false;
};

/// Prints runs and what differs between them, with these columns (names in full).
void print_runs(const std::vector<comparison::ComparedRun>& runs,
                const std::vector<std::string>& columns, const CompareOptions& options);

/// Prints groups, mean ± standard deviation of these figures, and whether they differ. `baseline`:
/// the group to compare the others with.
void print_groups(const comparison::Grouping& grouping,
                  const std::vector<comparison::FigureName>& figures,
                  std::optional<std::size_t> baseline, const CompareOptions& options);

/// Is each `--fail-if` query false for every run, or for every group where it asks for statistics
/// or `grouping` is given? What cannot be told is a failure. Says on stderr what broke which.
bool gates_pass(const std::vector<comparison::ComparedRun>& runs,
                const comparison::Grouping* grouping, const std::vector<std::string>& gates);

/// Curves of a figure over the steps, of runs or of the means of groups.
void print_plot(const std::vector<comparison::ComparedRun>& runs,
                const comparison::Grouping* grouping, const std::string& figure);

/// What two runs do not share, and how far apart their weights are.
void print_differences(const std::vector<std::string>& files, const CompareOptions& options);
/// What may have parted two runs, and where they parted.
void print_reasons(const std::vector<std::string>& files, const CompareOptions& options);

/// Keeps the runs of which all these queries hold; throws Error(usage).
void filter_runs(std::vector<comparison::ComparedRun>& runs, const std::vector<std::string>& where);

/// A line on stderr.
void warn(std::string_view message);

/// In the form that was asked for; a terminal table's columns that do not fit are named on stderr.
void print_table(const comparison::Table& table, const std::string& format);

}  // namespace unroll::cli
