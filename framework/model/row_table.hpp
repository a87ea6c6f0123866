// A table whose row i belongs to item i of another file: the texts and classes of pictures and
// vectors.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <unroll/config/schema.hpp>
#include <unroll/model/bad_examples.hpp>
#include <unroll/model/splitting.hpp>

namespace unroll {

/// Base of the options of datasets with such a table.
struct RowTableOptions : SplitOptions {
  std::string table;
  bool header = false;
  std::string text, label, group;

  /// Adds them to the schema of options derived from these; those of the split too.
  template <typename O>
  static void describe_all(Schema<O>& schema) {
    schema.option("table", &O::table, "TSV or CSV file, a row an item: a path, or corpus/file");
    schema.option("header", &O::header, "the table's first row names its columns");
    schema.option("text", &O::text, "column of the table that is the text; empty: no texts");
    schema.option("label", &O::label, "column of the table that is the class; empty: none");
    schema.option("group", &O::group,
                  "column that keeps items together (split: group) or names their split "
                  "(split: column)");
    SplitOptions::describe_all(schema);
  }
};

/// Examples in the making; what cannot be used is marked, so that item i stays at place i.
struct Items {
  std::vector<Grouped> examples;
  std::vector<bool> unusable;
  Fields fields;

  explicit Items(std::size_t count) : examples(count), unusable(count, false) {}
  std::size_t size() const noexcept { return examples.size(); }
  /// Reports what is wrong with an item, which is left out if that is allowed.
  void leave_out(std::size_t item, const std::string& message, BadExamples& bad);
  /// Throws Error(data) unless `file` has as many rows, lines or numbers as there are items.
  void expect(std::size_t count, const std::string& file, const char* what) const;
  /// The examples without those that cannot be used.
  std::vector<Grouped> usable();
};

/// Fills in texts, labels and groups. A row that cannot be used takes its item with it.
/// Throws Error(data) if there are not as many rows as items.
void add_row_table(Items& items, const RowTableOptions& options, const std::filesystem::path& path,
                   BadExamples& bad);

/// Fills in the label of each item: the name of its number, or the number where there are none.
void add_numbered_labels(Items& items, const std::vector<std::int64_t>& numbers,
                         const std::vector<std::string>& class_names, const std::string& file,
                         BadExamples& bad);

/// A path where there is such a file, else the first file of a data set of that name.
std::filesystem::path find_one_file(const std::string& name);

}  // namespace unroll
