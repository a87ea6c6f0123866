// plugins/datasets/text.cpp of Unroll 0.1. Made by tools/freeze-abi.
// clang-format off
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

namespace {

namespace fs = std::filesystem;
using namespace unroll;

std::size_t cut_at(std::string_view text, double share) {
  const double at = std::floor(static_cast<double>(text.size()) * share + 1e-6);
  return code_point_from(text, static_cast<std::size_t>(at));
}

class Text final : public Dataset, public StreamDataset {
 public:
  struct Options : SplitOptions {
    std::vector<std::string> corpus;
    std::vector<std::string> files;
    std::string unit = "stream";
    int parts = 1;
    int multiple_of = 1;
    bool join = false;
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("plain-text files in UTF-8: one long stream, or examples of a line each");
    schema.option("corpus", &O::corpus,
                  "texts fetched by tools/get-data, e.g. austen/emma, or austen for all of them");
    schema.option("files", &O::files,
                  "paths of other texts; * and ? in their names; relative to where you are");
    schema
        .option("unit", &O::unit,
                "stream: long texts, cut anywhere; line, paragraph, file: each is an example with "
                "a beginning and an end")
        .choices({"stream", "line", "paragraph", "file"});
    SplitOptions::describe_all(schema);
    schema
        .option("parts", &O::parts,
                "stream: cut every text into this many pieces and split each (char-rnn: 50)")
        .range(1, 10000);
    schema
        .option("multiple_of", &O::multiple_of,
                "stream: drop the end of every text that is over a multiple of so many bytes "
                "(char-rnn: batch times window)")
        .at_least(1);
    schema.option("join", &O::join, "stream: make one text of all files before cutting");
  }
  explicit Text(const Options& options) : options_(options) {}

  Splits load() override {
    const std::vector<fs::path> paths = find();
    return whole() ? load_wholes(paths) : copied(open_streams(paths));
  }

  std::optional<StreamSplits> open() override {
    if (whole()) return std::nullopt;
    return open_streams(find());
  }

  std::vector<Example> read_more(const std::string& file, const Fields& /*known*/,
                                 bool /*answered*/) override {
    std::vector<Example> examples;
    for (const fs::path& path : find_files(file)) {
      const std::string text = read_text(path);
      if (options_.unit == "stream") {
        examples.push_back({text});
        continue;
      }
      std::vector<Grouped> wholes;
      add_wholes(text, path.string(), wholes);
      for (Example& whole : ungrouped(std::move(wholes))) examples.push_back(std::move(whole));
    }
    return examples;
  }

 private:
  bool whole() const { return options_.unit != "stream"; }

  std::vector<fs::path> find() const {
    const std::vector<fs::path> paths = find_data(options_.corpus, options_.files, "text");
    if (options_.validation + options_.test >= 1)
      fail(Failure::usage, "data: validation {} and test {} leave nothing to train on",
           options_.validation, options_.test);
    if (whole() && (options_.parts != 1 || options_.multiple_of != 1 || options_.join))
      fail(Failure::usage, "data: parts, multiple_of and join are for unit: stream, not {}",
           options_.unit);
    if (!whole() && (options_.split != "shuffled" || options_.limit != 0))
      fail(Failure::usage, "data: split and limit are for unit: line, paragraph or file");
    if (options_.split == "group" || options_.split == "column")
      fail(Failure::usage, "data: texts have no groups and columns to split by");
    return paths;
  }

  Splits load_wholes(const std::vector<fs::path>& paths) const {
    std::vector<Grouped> examples;
    std::vector<DataFile> files;
    for (const fs::path& path : paths) {
      add_wholes(read_text(path), path.string(), examples);
      files.push_back({path.string(), fs::file_size(path), {}});
    }
    Fields fields;
    fields.text = true;
    Splits splits = divide(std::move(examples), fields, options_);
    splits.files = std::move(files);
    return splits;
  }

  void add_wholes(std::string_view text, const std::string& name,
                  std::vector<Grouped>& examples) const {
    std::string whole;
    std::int64_t line_number = 0, begun_at = 0;
    const auto end_whole = [&] {
      if (whole.find_first_not_of(" \t\n") != std::string::npos) {
        Example& example = examples.emplace_back().example;
        example.text = whole;
        example.origin = options_.unit == "file" ? name : fmt::format("{}:{}", name, begun_at);
      }
      whole.clear();
    };
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++line_number;
      if (line.ends_with('\r')) line.remove_suffix(1);
      const bool blank = line.find_first_not_of(" \t") == std::string_view::npos;
      if (options_.unit == "paragraph" && blank) {
        end_whole();
        continue;
      }
      if (whole.empty())
        begun_at = line_number;
      else
        whole += '\n';
      whole += line;
      if (options_.unit == "line") end_whole();
    }
    end_whole();
  }

  StreamSplits open_streams(const std::vector<fs::path>& paths) const {
    const auto store = std::make_shared<TextStore>();
    StreamSplits splits;
    splits.store = store;
    splits.fields.text = true;
    splits.fields.whole = false;
    splits.split_name = name_of_split();
    std::string joined;
    for (const fs::path& path : paths) {
      splits.files.push_back({path.string(), fs::file_size(path), {}});
      if (options_.join)
        joined += read_text(path);
      else
        cut(store->open(path), path.string(), splits);
    }
    if (options_.join) cut(store->keep(std::move(joined)), "the joined texts", splits);
    return splits;
  }

  static Splits copied(const StreamSplits& streams) {
    Splits splits;
    const auto copy = [](const std::vector<std::string_view>& from, std::vector<Example>& into) {
      for (const std::string_view piece : from) into.push_back({std::string(piece)});
    };
    copy(streams.train, splits.train);
    copy(streams.validation, splits.validation);
    copy(streams.test, splits.test);
    splits.fields = streams.fields;
    splits.split_name = streams.split_name;
    splits.files = streams.files;
    return splits;
  }

  std::string name_of_split() const {
    const auto percent = [](double share) { return std::round(share * 1000) / 10; };
    const std::string shares =
        fmt::format("{:g}/{:g}/{:g}", percent(1 - options_.validation - options_.test),
                    percent(options_.validation), percent(options_.test));
    const std::string pieces = options_.parts == 1
                                   ? "contiguous " + shares
                                   : fmt::format("{} parts {}", options_.parts, shares);
    return options_.multiple_of == 1
               ? pieces
               : fmt::format("{} of a multiple of {}", pieces, options_.multiple_of);
  }

  void cut(std::string_view text, const std::string& name, StreamSplits& splits) const {
    const auto multiple = static_cast<std::size_t>(options_.multiple_of);
    if (text.size() < multiple)
      fail(Failure::data, "{}: its {} bytes are shorter than multiple_of ({}); lower it", name,
           text.size(), multiple);
    const std::size_t over = text.size() % multiple;
    text = text.substr(0, code_point_from(text, text.size() - over));
    for (int part = 0; part < options_.parts; ++part) {
      const std::size_t begin = cut_at(text, static_cast<double>(part) / options_.parts);
      const std::size_t end = cut_at(text, static_cast<double>(part + 1) / options_.parts);
      const std::string_view piece = text.substr(begin, end - begin);
      const std::size_t train = cut_at(piece, 1 - options_.validation - options_.test);
      const std::size_t validation = cut_at(piece, 1 - options_.test);
      const auto keep = [&](std::vector<std::string_view>& into, const char* split, double share,
                            std::size_t from, std::size_t to) {
        if (share <= 0) return;
        if (to - from < 2)
          fail(Failure::data,
               "{}: too short: {} bytes in {} part(s) leave {} for {}; use a longer text or fewer "
               "parts",
               name, text.size(), options_.parts, to - from, split);
        into.push_back(piece.substr(from, to - from));
      };
      keep(splits.train, "training", 1, 0, train);
      keep(splits.validation, "validation", options_.validation, train, validation);
      keep(splits.test, "test", options_.test, validation, piece.size());
    }
  }

  Options options_;
};

}

UNROLL_PLUGIN(dataset, "text_0_1", "1.1.0", Text)
