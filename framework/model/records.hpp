// Records: named or numbered columns out of TSV, CSV and JSON Lines files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/model/bad_examples.hpp>
#include <unroll/model/dataset.hpp>

namespace unroll {

/// One row, its cells in the order of the columns that were asked for.
struct Record {
  std::vector<std::string> cells;
  std::string origin;   ///< "names.tsv:17"
  std::size_t row = 0;  ///< its place among the rows, bad ones counted, header and blank lines not
};

struct RecordFormat {
  /// "tsv": tabs, no quoting; "csv": commas, RFC 4180 quoting; "jsonl": one JSON object a line;
  /// "auto": by the file's name, .csv, .jsonl or .ndjson, else tsv.
  std::string format = "auto";
  /// The first row of TSV and CSV names the columns.
  bool header = false;
};

/// The rows of a file. Columns are numbers from 1 or, with a header and in JSON, names. Blank lines
/// are passed over; lines that begin with # are not comments. A row that is short of a column, bad
/// quoting, text that is not UTF-8 and JSON that is none go to `bad`. Throws Error(data) if the
/// file has no such column at all.
std::vector<Record> read_records(const std::filesystem::path& path, const RecordFormat& format,
                                 const std::vector<std::string>& columns, BadExamples& bad);

/// The texts of one column of all files that a path or pattern finds; empty ones are passed over.
std::vector<Example> read_texts(const std::string& pattern, const RecordFormat& format,
                                const std::string& column, BadExamples& bad);

}  // namespace unroll
