// Rows of named arrays: a table whose cells may be arrays, such as a histogram at every hundredth
// step. The first dimension of each array counts the rows; "step" says when each was measured.
#pragma once

#include <cstdint>
#include <functional>

#include <unroll/core/archive.hpp>

namespace unroll {

/// Adds a row: for each entry [S…] of `row` one more of [R, S…]. All rows must have the same names,
/// shapes and types, else Error(run); attributes are those of the first row.
void append_row(Archive& table, std::int64_t step, const Archive& row);

/// Keeps the rows of these steps, in their order. A table without rows is empty.
void keep_rows(Archive& table, const std::function<bool(std::int64_t step)>& keep);

/// The steps of its rows.
std::vector<std::int64_t> row_steps(const Archive& table);

}  // namespace unroll
