// Overview: runs as rows, what differs between them and what they reached as columns.
#pragma once

#include <string>
#include <vector>

#include <unroll/comparison/figures.hpp>
#include <unroll/comparison/table.hpp>

namespace unroll::comparison {

/// Settings of which not all runs have the same, but for where a run went and what it is called.
std::vector<std::string> differing_settings(std::span<const ComparedRun> runs);

/// Names of the columns of a comparison: names and tags where there are any, the differing
/// settings, the usual figures, the best of the first of these, and the status.
std::vector<std::string> usual_columns(std::span<const ComparedRun> runs);

/// A row a run: its file, without what all files have in front, and these columns. Titles are as
/// short as they can be told apart.
Table overview(std::span<const ComparedRun> runs, const std::vector<std::string>& columns);

/// Paths without the folder and the ending that all share.
std::vector<std::string> short_files(std::span<const ComparedRun> runs);

/// "validation loss", "best validation loss", "cell": heads of columns of these names.
std::vector<std::string> titles_of(const std::vector<std::string>& names);

/// Where the values stand in order: numbers before texts, absent values last either way; equal ones
/// keep their order.
std::vector<std::size_t> order_of(const std::vector<Value>& values, bool descending);
/// Orders runs by a name's value.
void sort_runs(std::vector<ComparedRun>& runs, std::string_view name, bool descending);

}  // namespace unroll::comparison
