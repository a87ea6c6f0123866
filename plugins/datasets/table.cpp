// Rows of a table: some columns are features, another is the class or the number to predict.
//
// A column of numbers is one feature. One of words is as many as it has words in the training
// split, of which one is 1 and the others 0; a word that only others have is 0 everywhere. With
// `scaled` features and values are less their mean and divided by their deviation in the training
// split; the run file keeps both, so that new rows are treated alike.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

namespace {

namespace fs = std::filesystem;
using namespace unroll;

constexpr std::size_t kMostWords = 1000;

std::optional<float> as_number(std::string_view text) {
  float number = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return {};
  return number;
}

class Table final : public Dataset {
 public:
  struct Options : RecordFileOptions {
    std::vector<std::string> columns;
    std::vector<std::string> features;
    std::vector<std::string> words;
    std::string label;
    std::vector<std::string> values;
    bool scaled = true;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("columns of a table that tell its class, or numbers, in another column");
    Options::describe_files(schema, "data sets by name, e.g. diamonds");
    schema.option("columns", &O::columns, "names of the columns of a file without such a row");
    schema.option("features", &O::features, "columns of numbers to read: names, or numbers from 1");
    schema.option("words", &O::words, "columns of words to read, one feature for each word");
    schema.option("label", &O::label, "column that is the class");
    schema.option("values", &O::values, "columns of numbers to predict instead");
    schema.option("scaled", &O::scaled,
                  "features and values less their mean, by their deviation in the training split; "
                  "figures stay in the table's units");
    Options::describe_rows(schema);
  }
  explicit Table(const Options& options) : options_(options), bad_(options.on_error) {}

  Splits load() override {
    if (options_.features.empty() && options_.words.empty())
      fail(Failure::usage, "data: table needs features or words: the columns to read");
    if (options_.label.empty() == options_.values.empty())
      fail(Failure::usage, "data: table needs a label or values, one of them: what to predict");
    std::vector<Grouped> rows;
    for (const fs::path& path : find_data(options_.corpus, options_.files, "table"))
      read(path, rows, true, true);
    Fields fields;
    fields.label = !options_.label.empty();
    fields.values = options_.values;
    fields.scaled = options_.scaled;
    Splits splits = divide(std::move(rows), fields, options_);
    name_features(splits.train, splits.fields);
    for (auto* split : {&splits.train, &splits.validation, &splits.test})
      for (Example& example : *split) make_features(example, splits.fields);
    splits.files = std::move(files_);
    refuse_unknown_labels(splits, bad_);
    bad_.tell(splits.notices);
    if (strange_ > 0)
      splits.notices.push_back(
          fmt::format("{} held-out cells hold words that the training split lacks, the first: {}",
                      strange_, first_strange_));
    return splits;
  }

  std::vector<Example> read_more(const std::string& file, const Fields& known,
                                 bool answered) override {
    std::vector<Grouped> rows;
    for (const fs::path& path : find_files(file)) read(path, rows, answered, false);
    std::vector<Example> examples = ungrouped(std::move(rows));
    for (Example& example : examples) make_features(example, known);
    return examples;
  }

 private:
  /// A column as `read_records` wants it: by its place where `columns` names it.
  std::string place(const std::string& column) const {
    const auto& names = options_.columns;
    if (names.empty()) return column;
    const auto found = std::find(names.begin(), names.end(), column);
    if (found == names.end() && as_number(column)) return column;
    if (found == names.end())
      fail(Failure::usage, "data: there is no column '{}' among columns ({}){}", column,
           join(names), did_you_mean(column, names));
    return std::to_string(found - names.begin() + 1);
  }

  /// Adds the rows of a file. `answered`: what is to be predicted must be there.
  void read(const fs::path& path, std::vector<Grouped>& rows, bool answered, bool grouped) {
    files_.push_back({path.string(), fs::file_size(path), {}});
    std::vector<std::string> columns;
    const auto want = [&](const std::string& column) { columns.push_back(place(column)); };
    for (const auto* list : {&options_.features, &options_.words})
      for (const std::string& column : *list) want(column);
    if (answered) {
      for (const std::string& column : options_.values) want(column);
      if (!options_.label.empty()) want(options_.label);
    }
    if (grouped && !options_.group.empty()) want(options_.group);
    for (Record& record : read_records(path, options_.record_format(), columns, bad_))
      add(record, answered, rows);
  }

  void add(Record& record, bool answered, std::vector<Grouped>& rows) {
    Grouped row;
    row.example.origin = record.origin;
    std::size_t at = 0;
    for (const std::string& column : options_.features) {
      const auto number = as_number(record.cells[at]);
      if (!number) return report(record, column, record.cells[at]);
      row.example.features.push_back(*number);
      ++at;
    }
    for (const std::string& column : options_.words) {
      if (record.cells[at].empty()) return report(record, column, "");
      row.example.words.push_back(record.cells[at++]);
    }
    if (answered) {
      for (const std::string& column : options_.values) {
        const auto number = as_number(record.cells[at]);
        if (!number) return report(record, column, record.cells[at]);
        row.example.values.push_back(*number);
        ++at;
      }
      if (!options_.label.empty()) row.example.label = std::move(record.cells[at++]);
      if (!options_.label.empty() && row.example.label.empty())
        return bad_.report(fmt::format("{}: has no {}", record.origin, options_.label));
    }
    if (at < record.cells.size()) row.group = std::move(record.cells[at]);
    rows.push_back(std::move(row));
  }

  void report(const Record& record, const std::string& column, const std::string& cell) {
    bad_.report(
        cell.empty()
            ? fmt::format("{}: column '{}' is empty", record.origin, column)
            : fmt::format("{}: column '{}' is '{}', not a number; columns of words are read "
                          "by `words`",
                          record.origin, column, cell));
  }

  /// One name a column of numbers, and one a word: "cut=Ideal".
  void name_features(const std::vector<Example>& train, Fields& fields) const {
    std::vector<std::set<std::string>> found(options_.words.size());
    for (const Example& example : train)
      for (std::size_t i = 0; i < found.size(); ++i) found[i].insert(example.words[i]);
    fields.feature_names = options_.features;
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (found[i].size() > kMostWords)
        fail(Failure::data,
             "data: column '{}' has {} different words; as features at most {} are sensible",
             options_.words[i], found[i].size(), kMostWords);
      for (const std::string& word : found[i])
        fields.feature_names.push_back(options_.words[i] + "=" + word);
    }
    fields.features = {static_cast<std::int64_t>(fields.feature_names.size())};
  }

  /// Adds a feature for each of the training split's words.
  void make_features(Example& example, const Fields& fields) {
    if (places_.empty())
      for (std::size_t k = 0; k < fields.feature_names.size(); ++k)
        places_.emplace(fields.feature_names[k], k);
    example.features.resize(fields.feature_names.size(), 0.0F);
    for (std::size_t i = 0; i < options_.words.size(); ++i) {
      const std::string& word = example.words[i];
      if (const auto found = places_.find(options_.words[i] + "=" + word); found != places_.end())
        example.features[found->second] = 1;
      else if (strange_++ == 0)
        first_strange_ = fmt::format("{}: '{}'", example.origin, word);
    }
    example.words = {};
  }

  Options options_;
  BadExamples bad_;
  std::map<std::string, std::size_t> places_;  ///< of features, by name
  std::int64_t strange_ = 0;
  std::string first_strange_;
  std::vector<DataFile> files_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "table", "1.0.0", Table)
