#include <unroll/model/row_table.hpp>

#include <fmt/format.h>

#include <unroll/core/error.hpp>
#include <unroll/model/corpus.hpp>
#include <unroll/model/records.hpp>
#include <unroll/model/text_file.hpp>

namespace unroll {

namespace fs = std::filesystem;

void Items::leave_out(std::size_t item, const std::string& message, BadExamples& bad) {
  if (unusable[item]) return;  // one mistake an item
  bad.report(message);
  unusable[item] = true;
}

void Items::expect(std::size_t count, const std::string& file, const char* what) const {
  if (count == size()) return;
  const bool few = count < size();
  fail(Failure::data, "{}: {} {} for {} items, the {} is {}; item i needs the i-th of them", file,
       count, what, size(), few ? "first without" : "last",
       size() == 0 ? "none" : examples[few ? count : size() - 1].example.origin);
}

std::vector<Grouped> Items::usable() {
  std::vector<Grouped> kept;
  for (std::size_t i = 0; i < examples.size(); ++i)
    if (!unusable[i]) kept.push_back(std::move(examples[i]));
  return kept;
}

namespace {

/// Where a table of too many or too few rows goes wrong: the first row too many, or the last one.
std::string place_of_mismatch(const std::vector<Record>& rows, std::size_t items,
                              const fs::path& path) {
  for (const Record& row : rows)
    if (row.row >= items) return row.origin;
  return rows.empty() ? path.string() : rows.back().origin;
}

}  // namespace

void add_row_table(Items& items, const RowTableOptions& options, const fs::path& path,
                   BadExamples& bad) {
  std::vector<std::string> columns;
  for (const std::string& column : {options.text, options.label, options.group})
    if (!column.empty()) columns.push_back(column);
  const std::int64_t bad_before = bad.count();
  std::vector<Record> rows = read_records(path, {"auto", options.header}, columns, bad);
  items.expect(rows.size() + static_cast<std::size_t>(bad.count() - bad_before),
               place_of_mismatch(rows, items.size(), path), "rows");
  items.fields.text = items.fields.text || !options.text.empty();
  items.fields.label = items.fields.label || !options.label.empty();
  std::vector<bool> seen(items.size(), false);
  for (Record& row : rows) {
    seen[row.row] = true;
    Grouped& item = items.examples[row.row];
    std::size_t at = 0;
    const auto take = [&](const std::string& column, std::string& into, const char* what) {
      if (column.empty()) return;
      into = std::move(row.cells[at++]);
      if (into.empty())
        items.leave_out(row.row, fmt::format("{}: has no {}", row.origin, what), bad);
    };
    take(options.text, item.example.text, "text");
    take(options.label, item.example.label, "label");
    take(options.group, item.group, "group");
  }
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (!seen[i]) items.unusable[i] = true;  // its row was reported as it was read
}

void add_numbered_labels(Items& items, const std::vector<std::int64_t>& numbers,
                         const std::vector<std::string>& class_names, const std::string& file,
                         BadExamples& bad) {
  items.expect(numbers.size(), file, "classes");
  items.fields.label = true;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (class_names.empty())
      items.examples[i].example.label = std::to_string(numbers[i]);
    else if (numbers[i] >= 0 && static_cast<std::size_t>(numbers[i]) < class_names.size())
      items.examples[i].example.label = class_names[static_cast<std::size_t>(numbers[i])];
    else
      items.leave_out(i,
                      fmt::format("{}: class {} of item {}, but there are {} class_names", file,
                                  numbers[i], i + 1, class_names.size()),
                      bad);
  }
}

fs::path find_one_file(const std::string& name) {
  const fs::path path = name;
  if (fs::is_regular_file(path)) return path;
  // austen/emma.txt is a file of a data set; emma.txt, ./emma.txt and mine/emma.txt, where there is
  // a folder mine, are paths.
  const bool meant_as_path =
      name.starts_with('.') || path.is_absolute() ||
      (path.has_parent_path() ? fs::is_directory(*path.begin()) : path.has_extension());
  return meant_as_path ? find_files(name).front() : find_corpus(name).front();
}

}  // namespace unroll
