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
  bool descending = false;
  std::string format = "text";
  bool json = false;
};

/// Prints runs and what differs between them, with these columns (names in full).
void print_runs(const std::vector<comparison::ComparedRun>& runs, const std::vector<std::string>& columns,
                const CompareOptions& options);

/// Prints groups, mean ± standard deviation of these figures, and whether they differ. `baseline`:
/// the group to compare the others with.
void print_groups(const comparison::Grouping& grouping,
                  const std::vector<comparison::FigureName>& figures,
                  std::optional<std::size_t> baseline, const CompareOptions& options);

/// In the form that was asked for; a terminal table's columns that do not fit are named on stderr.
void print_table(const comparison::Table& table, const std::string& format);

}  // namespace unroll::cli
