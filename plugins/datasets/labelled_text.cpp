// Texts with a class each: rows of TSV, CSV or JSON Lines files, or a folder of files a class.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <filesystem>

namespace {

namespace fs = std::filesystem;
using namespace unroll;

class LabelledText final : public Dataset {
 public:
  struct Options : SplitOptions {
    std::vector<std::string> corpus;
    std::vector<std::string> files;
    std::vector<std::string> validation_files;
    std::vector<std::string> test_files;
    std::string format = "auto";
    bool header = false;
    std::string label = "1";
    std::string text = "2";
    std::string group;
    std::vector<std::string> only;
    std::string on_error = "fail";
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("texts with a class each, from TSV, CSV, JSON Lines, or a folder a class");
    schema.option("corpus", &O::corpus, "data sets by name, e.g. debian-sections");
    schema.option("files", &O::files, "paths of other files; * and ? in a file's name");
    schema.option("validation_files", &O::validation_files,
                  "files that are the validation split, instead of a share of the others");
    schema.option("test_files", &O::test_files, "files that are the test split");
    schema.option("format", &O::format, "auto: by the file's name, else tsv")
        .choices({"auto", "tsv", "csv", "jsonl", "folders"});
    schema.option("header", &O::header, "the first row of TSV and CSV names the columns");
    schema.option("label", &O::label, "column of the class: a number from 1, or a name");
    schema.option("text", &O::text, "column of the text");
    schema.option("group", &O::group, "column whose rows stay together under split: group");
    schema.option("only", &O::only, "take these classes alone");
    SplitOptions::describe_all(schema);
    schema.option("on_error", &O::on_error, "a row that cannot be used: fail, or skip and count")
        .choices({"fail", "skip"});
  }
  explicit LabelledText(const Options& options) : options_(options), bad_(options.on_error) {}

  std::vector<Example> read_more(const std::string& file, const Fields& /*known*/,
                                 bool answered) override {
    if (answered || options_.format == "folders") return ungrouped(read(find_files(file)));
    return read_texts(file, {options_.format, options_.header}, options_.text, bad_);
  }

  Splits load() override {
    Fields fields;
    fields.text = fields.label = true;
    SplitOptions cut = options_;
    if (!options_.validation_files.empty()) cut.validation = 0;
    if (!options_.test_files.empty()) cut.test = 0;
    Splits splits =
        divide(read(find_data(options_.corpus, options_.files, "labelled_text")), fields, cut);
    const auto read_all = [&](const std::vector<std::string>& patterns) {
      return patterns.empty() ? std::vector<Grouped>()
                              : read(find_data({}, patterns, "labelled_text"));
    };
    hold_out(splits, read_all(options_.validation_files), read_all(options_.test_files));
    splits.files = std::move(files_);
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
      for (Record& record : read_records(path, {options_.format, options_.header}, columns, bad_))
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
