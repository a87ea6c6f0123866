#include <unroll/model/records.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include <unroll/core/text.hpp>
#include <unroll/model/text_file.hpp>

namespace unroll {
namespace {

namespace fs = std::filesystem;

struct Row {
  std::vector<std::string> cells;
  std::int64_t line = 0;
  std::size_t number = 0;
};

/// Cuts delimited text into rows. `quoted`: RFC 4180, where a quoted cell may hold line breaks.
class Rows {
 public:
  Rows(std::string_view text, char delimiter, bool quoted, const std::string& name,
       BadExamples& bad)
      : text_(text), delimiter_(delimiter), quoted_(quoted), name_(name), bad_(bad) {}

  /// The next row that is not blank; nothing at the end.
  std::optional<Row> next() {
    while (at_ < text_.size()) {
      Row row;
      row.line = line_;
      bool whole = true;
      for (bool more = true; more;) {
        row.cells.emplace_back();
        more = quoted_ && at_ < text_.size() && text_[at_] == '"' ? quoted_cell(row, whole)
                                                                  : plain_cell(row);
      }
      if (whole && row.cells.size() == 1 && row.cells[0].empty()) continue;
      row.number = count_++;
      if (whole) return row;
    }
    return std::nullopt;
  }

 private:
  /// Reads one cell and what ends it; true where another cell follows.
  bool plain_cell(Row& row) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n') ++at_;
    std::string_view cell = text_.substr(begin, at_ - begin);
    const bool more = at_ < text_.size() && text_[at_] == delimiter_;
    if (!more && cell.ends_with('\r')) cell.remove_suffix(1);
    row.cells.back() = cell;
    return end_of_cell();
  }

  bool quoted_cell(Row& row, bool& whole) {
    std::string& cell = row.cells.back();
    for (++at_;;) {
      if (at_ >= text_.size()) {
        bad_.report(fmt::format("{}:{}: a quoted cell is never closed", name_, row.line));
        whole = false;
        return false;
      }
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c != '"') {
        cell += c;
      } else if (at_ < text_.size() && text_[at_] == '"') {
        cell += '"';
        ++at_;
      } else {
        break;
      }
    }
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n') {
      bad_.report(fmt::format("{}:{}: text follows the closing quote of a cell", name_, row.line));
      whole = false;
      at_ = std::min(text_.find('\n', at_), text_.size());
    }
    return end_of_cell();
  }

  bool end_of_cell() {
    if (at_ >= text_.size()) return false;
    const bool more = text_[at_++] == delimiter_;
    if (!more) ++line_;
    return more;
  }

  std::string_view text_;
  char delimiter_;
  bool quoted_;
  const std::string& name_;
  BadExamples& bad_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  std::size_t count_ = 0;
};

std::optional<std::size_t> as_number(const std::string& column) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(column.data(), column.data() + column.size(), number);
  if (error != std::errc() || end != column.data() + column.size() || number == 0) return {};
  return number - 1;
}

/// Where each wanted column stands in a row.
std::vector<std::size_t> places(const std::vector<std::string>& columns,
                                const std::optional<Row>& header, const std::string& name) {
  std::vector<std::size_t> found;
  for (const std::string& column : columns) {
    if (header) {
      const auto at = std::find(header->cells.begin(), header->cells.end(), column);
      if (at != header->cells.end()) {
        found.push_back(static_cast<std::size_t>(at - header->cells.begin()));
        continue;
      }
    }
    const auto number = as_number(column);
    if (!number && header)
      fail(Failure::data, "{}: there is no column '{}' (its header: {}){}", name, column,
           join(header->cells), did_you_mean(column, header->cells));
    if (!number)
      fail(Failure::data,
           "{}: columns are numbered from 1, '{}' is a name; header: true reads the names from the "
           "first row",
           name, column);
    found.push_back(*number);
  }
  return found;
}

std::vector<Record> read_delimited(const std::string& text, const std::string& name, bool csv,
                                   bool header, const std::vector<std::string>& columns,
                                   BadExamples& bad) {
  Rows rows(text, csv ? ',' : '\t', csv, name, bad);
  std::optional<Row> first;
  if (header) first = rows.next();
  const std::vector<std::size_t> where = places(columns, first, name);
  std::vector<Record> records;
  while (const std::optional<Row> row = rows.next()) {
    Record record;
    record.origin = fmt::format("{}:{}", name, row->line);
    record.row = row->number - (header ? 1 : 0);
    for (const std::size_t place : where) {
      if (place >= row->cells.size()) break;
      record.cells.push_back(row->cells[place]);
    }
    if (record.cells.size() < where.size())
      bad.report(fmt::format("{}: {} columns, but column {} is wanted", record.origin,
                             row->cells.size(), where[record.cells.size()] + 1));
    else
      records.push_back(std::move(record));
  }
  return records;
}

std::vector<Record> read_json_lines(const std::string& text, const std::string& name,
                                    const std::vector<std::string>& columns, BadExamples& bad) {
  std::vector<Record> records;
  std::int64_t line = 0;
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view row = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    ++line;
    if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    Record record;
    record.origin = fmt::format("{}:{}", name, line);
    record.row = count++;
    const auto json = nlohmann::json::parse(row, nullptr, false);
    if (!json.is_object()) {
      bad.report(record.origin + ": is not a JSON object");
      continue;
    }
    for (const std::string& column : columns) {
      const auto found = json.find(column);
      if (found == json.end() || found->is_structured()) break;
      record.cells.push_back(found->is_string() ? found->get<std::string>() : found->dump());
    }
    if (record.cells.size() < columns.size())
      bad.report(fmt::format("{}: has no text or number '{}'", record.origin,
                             columns[record.cells.size()]));
    else
      records.push_back(std::move(record));
  }
  return records;
}

}  // namespace

std::vector<Record> read_records(const fs::path& path, const RecordFormat& format,
                                 const std::vector<std::string>& columns, BadExamples& bad) {
  const std::string text = read_text(path);
  const std::string name = path.string(), kind = path.extension().string();
  const bool by_name = format.format == "auto";
  if (format.format == "jsonl" || (by_name && (kind == ".jsonl" || kind == ".ndjson")))
    return read_json_lines(text, name, columns, bad);
  const bool csv = format.format == "csv" || (by_name && kind == ".csv");
  return read_delimited(text, name, csv, format.header, columns, bad);
}

std::vector<Example> read_texts(const std::string& pattern, const RecordFormat& format,
                                const std::string& column, BadExamples& bad) {
  std::vector<Example> examples;
  for (const fs::path& path : find_files(pattern))
    for (Record& row : read_records(path, format, {column}, bad))
      if (!row.cells[0].empty())
        examples.push_back({.text = std::move(row.cells[0]), .origin = std::move(row.origin)});
  return examples;
}

}  // namespace unroll
