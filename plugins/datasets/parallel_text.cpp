// Texts that answer each other: two columns of a file, or two files of as many lines.
#include <unroll/plugin.hpp>

#include <filesystem>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using namespace unroll;

/// One text of a pair a line.
struct Files {
  using Options = Files;
  std::string text, target;
  static void describe(Schema<Files>& schema) {
    schema.summary("two aligned files, one text a line");
    schema.option("text", &Files::text, "path, or corpus/file, of what is read");
    schema.option("target", &Files::target, "path, or corpus/file, of what answers it");
  }
  bool given() const { return !text.empty() || !target.empty(); }
};

class ParallelText final : public Dataset {
 public:
  struct Options : RecordFileOptions {
    std::string text = "1";
    std::string target = "2";
    Files aligned, validation_aligned, test_aligned;
    std::int64_t longest = 0;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("texts and their answers: translations, pronunciations, tags");
    Options::describe_files(schema, "data sets of two columns by name, e.g. cmudict");
    schema.option("text", &O::text, "column of what is read: a number from 1, or a name");
    schema.option("target", &O::target, "column of what answers it");
    schema.option("aligned", &O::aligned, "two files instead, line by line");
    schema.option("validation_aligned", &O::validation_aligned,
                  "two files that are the validation split");
    schema.option("test_aligned", &O::test_aligned, "two files that are the test split");
    schema
        .option("longest", &O::longest,
                "leave out training pairs with more words on a side; 0: none")
        .at_least(0);
    Options::describe_rows(schema);
  }
  explicit ParallelText(const Options& options) : options_(options), bad_(options.on_error) {}

  std::vector<Example> read_more(const std::string& file, const Fields& /*known*/,
                                 bool answered) override {
    if (answered) return ungrouped(read_columns(find_files(file)));
    return read_texts(file, options_.record_format(), options_.text, bad_);
  }

  Splits load() override {
    Fields fields;
    fields.text = fields.target = true;
    std::vector<Grouped> pairs =
        options_.aligned.given()
            ? read_aligned(options_.aligned)
            : read_columns(find_data(options_.corpus, options_.files, "parallel_text"));
    SplitFiles held_out;
    if (options_.validation_aligned.given())
      held_out.validation = read_aligned(options_.validation_aligned);
    if (options_.test_aligned.given()) held_out.test = read_aligned(options_.test_aligned);
    Splits splits = divide(std::move(pairs), fields, options_, std::move(held_out));
    leave_out_long_ones(splits);
    splits.files = std::move(files_);
    bad_.tell(splits.notices);
    return splits;
  }

 private:
  std::vector<Grouped> read_columns(const std::vector<fs::path>& paths) {
    std::vector<std::string> columns = {options_.text, options_.target};
    if (!options_.group.empty()) columns.push_back(options_.group);
    std::vector<Grouped> pairs;
    for (const fs::path& path : paths) {
      note_file(path);
      for (Record& record : read_records(path, options_.record_format(), columns, bad_))
        add(pairs, std::move(record.cells[0]), std::move(record.cells[1]), record.origin,
            columns.size() > 2 ? record.cells[2] : std::string());
    }
    return pairs;
  }

  std::vector<Grouped> read_aligned(const Files& files) {
    if (files.text.empty() || files.target.empty())
      fail(Failure::usage, "data: aligned files are two: text and target");
    const fs::path paths[2] = {find_one_file(files.text), find_one_file(files.target)};
    std::vector<std::string> lines[2];
    for (int side = 0; side < 2; ++side) {
      note_file(paths[side]);
      std::istringstream text(read_text(paths[side]));
      for (std::string line; std::getline(text, line);) {
        if (line.ends_with('\r')) line.pop_back();
        lines[side].push_back(std::move(line));
      }
    }
    if (lines[0].size() != lines[1].size()) refuse_misaligned(paths, lines);
    std::vector<Grouped> pairs;
    for (std::size_t i = 0; i < lines[0].size(); ++i)
      add(pairs, std::move(lines[0][i]), std::move(lines[1][i]),
          paths[0].string() + ":" + std::to_string(i + 1), {});
    return pairs;
  }

  /// Says where the lines part: the first that is blank in one file alone tells more than the end.
  [[noreturn]] static void refuse_misaligned(const fs::path (&paths)[2],
                                             const std::vector<std::string> (&lines)[2]) {
    const std::size_t both = std::min(lines[0].size(), lines[1].size());
    const int longer = lines[0].size() > lines[1].size() ? 0 : 1;
    std::string hint;
    for (std::size_t i = 0; i < both && hint.empty(); ++i)
      if (lines[0][i].empty() != lines[1][i].empty())
        hint = "; they may part at " + paths[lines[0][i].empty() ? 0 : 1].string() + ":" +
               std::to_string(i + 1) + ", which is empty in this file alone";
    fail(Failure::data, "{}:{}: {} has only {} lines and this file {}: they are not aligned{}",
         paths[longer].string(), both + 1, paths[1 - longer].string(), both, lines[longer].size(),
         hint);
  }

  void note_file(const fs::path& path) {
    files_.push_back({path.string(), fs::file_size(path), {}});
  }

  void add(std::vector<Grouped>& pairs, std::string text, std::string target,
           const std::string& origin, std::string group) {
    if (text.empty() || target.empty())
      return bad_.report(origin + (text.empty() ? ": nothing to read" : ": no answer"));
    Grouped& pair = pairs.emplace_back();
    pair.example.text = std::move(text);
    pair.example.target = std::move(target);
    pair.example.origin = origin;
    pair.group = std::move(group);
  }

  /// Long pairs cost the most and teach the least; held-out ones stay, for the figures' sake.
  void leave_out_long_ones(Splits& splits) const {
    if (options_.longest == 0) return;
    const auto words = [](const std::string& text) {
      return std::count(text.begin(), text.end(), ' ') + 1;
    };
    const auto removed = std::erase_if(splits.train, [&](const Example& pair) {
      return std::max(words(pair.text), words(pair.target)) > options_.longest;
    });
    if (removed > 0)
      splits.notices.push_back("left out " + std::to_string(removed) +
                               " training pairs longer than " + std::to_string(options_.longest) +
                               " words");
    if (splits.train.empty())
      fail(Failure::data, "data: no training pair has at most {} words", options_.longest);
  }

  Options options_;
  BadExamples bad_;
  std::vector<DataFile> files_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "parallel_text", "1.0.0", ParallelText)
