// Texts with a class each: rows of TSV, CSV or JSON Lines files, or a folder of files a class.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <filesystem>

namespace {

namespace fs = std::filesystem;
using namespace unroll;

class LabelledText final : public Dataset {
 public:
  struct Options : RecordFileOptions {
    std::vector<std::string> validation_files;
    std::vector<std::string> test_files;
    std::string label = "1";
    std::string text = "2";
    std::vector<std::string> only;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("texts with a class each, from TSV, CSV, JSON Lines, or a folder a class");
    Options::describe_files(schema, "data sets by name, e.g. debian-sections",
                            {"auto", "tsv", "csv", "jsonl", "folders"});
    schema.option("validation_files", &O::validation_files,
                  "files that are the validation split, instead of a share of the others");
    schema.option("test_files", &O::test_files, "files that are the test split");
    schema.option("label", &O::label, "column of the class: a number from 1, or a name");
    schema.option("text", &O::text, "column of the text");
    schema.option("only", &O::only, "take these classes alone");
    Options::describe_rows(schema);
  }
  explicit LabelledText(const Options& options) : options_(options), bad_(options.on_error) {}

  std::vector<Example> read_more(const std::string& file, const Fields& /*known*/,
                                 bool answered) override {
    if (answered || options_.format == "folders") return ungrouped(read(find_files(file)));
    return read_texts(file, options_.record_format(), options_.text, bad_);
  }

  Splits load() override {
    Fields fields;
    fields.text = fields.label = true;
    std::vector<Grouped> examples =
        read(find_data(options_.corpus, options_.files, "labelled_text"));
    SplitFiles held_out;
    if (!options_.validation_files.empty())
      held_out.validation = read(find_data({}, options_.validation_files, "labelled_text"));
    if (!options_.test_files.empty())
      held_out.test = read(find_data({}, options_.test_files, "labelled_text"));
    Splits splits = divide(std::move(examples), fields, options_, std::move(held_out));
    splits.files = std::move(files_);
    refuse_unknown_labels(splits, bad_);
    bad_.tell(splits.notices);
    return splits;
  }

 private:
  std::vector<Grouped> read(const std::vector<fs::path>& paths) {
    std::vector<Grouped> examples;
    for (const fs::path& path : paths) {
      files_.push_back({path.string(), fs::file_size(path), {}});
      if (options_.format == "folders") {
        add(examples, path.parent_path().filename().string(), read_text(path), path.string(), {});
        continue;
      }
      std::vector<std::string> columns = {options_.label, options_.text};
      if (!options_.group.empty()) columns.push_back(options_.group);
      for (Record& record : read_records(path, options_.record_format(), columns, bad_))
        add(examples, record.cells[0], std::move(record.cells[1]), record.origin,
            columns.size() > 2 ? record.cells[2] : std::string());
    }
    return examples;
  }

  void add(std::vector<Grouped>& examples, const std::string& label, std::string text,
           const std::string& origin, std::string group) {
    if (!options_.only.empty() &&
        std::find(options_.only.begin(), options_.only.end(), label) == options_.only.end())
      return;
    if (label.empty()) return bad_.report(origin + ": has no label");
    if (text.empty()) return bad_.report(origin + ": has no text");
    Grouped& grouped = examples.emplace_back();
    grouped.example.text = std::move(text);
    grouped.example.label = label;
    grouped.example.origin = origin;
    grouped.group = std::move(group);
  }

  Options options_;
  BadExamples bad_;
  std::vector<DataFile> files_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "labelled_text", "1.0.0", LabelledText)
