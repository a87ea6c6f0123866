// Table: what a comparison shows, and the forms it can be written in.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/comparison/figures.hpp>

namespace unroll::comparison {

/// One value: as people read it and as machines do ("1.2346", "1.2345678901234").
struct Cell {
  std::string shown, exact;
};

struct Column {
  std::string name;    ///< in full: "model.many_to_many.cell"
  std::string title;   ///< short: "cell"
  bool right = false;  ///< numbers stand at the right
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  ///< each as long as `columns`

  /// Adds a column with a cell for each row; the first one decides how many rows there are.
  void add(Column column, std::vector<Cell> cells);
};

/// Cells of a column of values; numbers get as many decimals as the column needs: four, or fewer
/// if all are whole, or significant digits where they are small or large. What is absent is "-".
std::vector<Cell> cells_of(const std::vector<Value>& values);
/// Are there numbers, and nothing else but absent values?
bool is_numeric(const std::vector<Value>& values);
/// A value as text: numbers by their shortest exact decimals, texts joined by commas.
std::string text_of(const Value& value);

/// For a terminal: columns aligned by display width. Rows longer than `width` (0: no limit) are
/// made to fit, long texts first cut to an ellipsis, then columns left out from the right;
/// `left_out` gets the names of these. `head` is applied to the line of titles.
std::string to_text(const Table& table, std::size_t width, std::vector<std::string>& left_out,
                    std::string (*head)(std::string_view) = nullptr);

/// A table of GitHub-flavoured Markdown.
std::string to_markdown(const Table& table);
/// RFC 4180, with line feeds; names in full and exact numbers.
std::string to_csv(const Table& table);
/// A `tabular` with the rules of the booktabs package.
std::string to_latex(const Table& table);

}  // namespace unroll::comparison
