// Options of datasets whose examples are rows of files: which files, of what form, divided how.
#pragma once

#include <string>
#include <vector>

#include <unroll/config/schema.hpp>
#include <unroll/model/records.hpp>
#include <unroll/model/splitting.hpp>

namespace unroll {

/// Base of the options of such datasets.
struct RecordFileOptions : SplitOptions {
  std::vector<std::string> corpus;
  std::vector<std::string> files;
  std::string format = "auto";
  bool header = false;
  std::string group;
  std::string on_error = "fail";

  RecordFormat record_format() const { return {format, header}; }

  /// Adds those that say where the rows are; `sets` and `forms` are what a dataset takes.
  template <typename O>
  static void describe_files(Schema<O>& schema, const std::string& sets,
                             std::vector<std::string> forms = {"auto", "tsv", "csv", "jsonl"}) {
    schema.option("corpus", &O::corpus, sets);
    schema.option("files", &O::files, "paths of other files; * and ? in a file's name");
    schema.option("format", &O::format, "auto: by the file's name, else tsv")
        .choices(std::move(forms));
    schema.option("header", &O::header, "the first row of TSV and CSV names the columns");
  }

  /// Adds those that say what becomes of the rows.
  template <typename O>
  static void describe_rows(Schema<O>& schema) {
    schema.option("group", &O::group,
                  "column that keeps rows together (split: group) or names their split "
                  "(split: column)");
    SplitOptions::describe_all(schema);
    schema.option("on_error", &O::on_error, "a row that cannot be used: fail, or skip and count")
        .choices({"fail", "skip"});
  }
};

}  // namespace unroll
