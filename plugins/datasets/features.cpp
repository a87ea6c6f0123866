// Features out of an HDF5 or NPY file, with what belongs to each of their rows: a text, a class or
// numbers.
//
//   [N, F] a vector an item; [N, T, F] a sequence; [N, C, H, W] an image, whose bytes 0 … 255
//   become 0 … 1
//
// Texts are the lines of a file or a column of a table, classes a column or whole numbers of HDF5
// or NPY, values such an array [N] or [N, K].
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <sstream>

namespace {

namespace fs = std::filesystem;
using namespace unroll;

/// "FILE.h5:/path/inside" or "FILE.npy".
struct Place {
  std::string file, inside;

  explicit Place(const std::string& text) : file(text) {
    for (const char* kind : {".h5:", ".hdf5:", ".hdf:"})
      if (const std::size_t at = text.rfind(kind); at != std::string::npos) {
        file = text.substr(0, text.find(':', at));
        inside = text.substr(file.size() + 1);
        inside.erase(0, inside.find_first_not_of('/'));
      }
  }
};

bool holds_text(const Array& array) {
  return std::holds_alternative<std::vector<std::string>>(array.values);
}

bool holds_whole_numbers(const Array& array) {
  return !holds_text(array) && !std::holds_alternative<std::vector<float>>(array.values) &&
         !std::holds_alternative<std::vector<double>>(array.values);
}

class Features final : public Dataset {
 public:
  struct Options : RowTableOptions {
    std::string features;
    std::string lines;
    std::string labels;
    std::vector<std::string> class_names;
    std::string values;
    std::vector<std::string> value_names;
    bool scaled = false;
    std::string on_error = "fail";
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("features out of HDF5 or NPY, with a text, a class or numbers each");
    schema
        .option("features", &O::features,
                "FILE.h5:/path or FILE.npy: [N, F], [N, T, F] or [N, C, H, W], where bytes 0 … 255 "
                "become 0 … 1")
        .required();
    schema.option("lines", &O::lines,
                  "text file whose line i belongs to row i; or FILE.h5:/path of texts");
    schema.option("labels", &O::labels, "classes as whole numbers [N]: FILE.h5:/path or FILE.npy");
    schema.option("class_names", &O::class_names, "of these numbers, in their order");
    schema.option("values", &O::values,
                  "numbers to predict, [N] or [N, K]: FILE.h5:/path or FILE.npy");
    schema.option("value_names", &O::value_names, "of the K numbers; empty: value1, value2, …");
    schema.option("scaled", &O::scaled,
                  "features and values less their mean, by their deviation in the training split; "
                  "figures stay in the values' units");
    RowTableOptions::describe_all(schema);
    schema.option("on_error", &O::on_error, "an item that cannot be used: fail, or skip and count")
        .choices({"fail", "skip"});
  }
  explicit Features(const Options& options) : options_(options), bad_(options.on_error) {}

  Splits load() override {
    const bool table = !options_.text.empty() || !options_.label.empty() || !options_.group.empty();
    if (table && options_.table.empty())
      fail(Failure::usage, "data: text, label and group are columns of a table: name the table");
    if (!options_.text.empty() && !options_.lines.empty())
      fail(Failure::usage, "data: texts are lines or a column of the table, not both");
    if (!options_.label.empty() && !options_.labels.empty())
      fail(Failure::usage, "data: classes are labels or a column of the table, not both");
    if (options_.text.empty() && options_.lines.empty() && options_.label.empty() &&
        options_.labels.empty() && options_.values.empty())
      fail(Failure::usage,
           "data: features needs something that belongs to each row: lines, labels, values, or a "
           "table with a text or label column");
    Items items = read_features();
    if (!options_.table.empty()) add_row_table(items, options_, noted(Place(options_.table)), bad_);
    if (!options_.lines.empty()) add_lines(items);
    if (!options_.labels.empty()) add_labels(items);
    if (!options_.values.empty()) add_values(items);
    items.fields.scaled = options_.scaled;
    Splits splits = divide(items.usable(), items.fields, options_);
    splits.files = std::move(files_);
    refuse_unknown_labels(splits, bad_);
    bad_.tell(splits.notices);
    return splits;
  }

  std::vector<Example> read_more(const std::string& file, const Fields& known,
                                 bool answered) override {
    if (answered)
      fail(Failure::usage,
           "{}: features of another file have nothing beside them to compare with; `sample` "
           "answers them",
           file);
    options_.features = file;
    Items items = read_features();
    if (items.fields.features != known.features)
      fail(Failure::data, "{}: its features are {}, those of the training {}", file,
           shape_text(items.fields.features), shape_text(known.features));
    return ungrouped(items.usable());
  }

 private:
  fs::path noted(const Place& place) {
    fs::path path = find_one_file(place.file);
    for (const DataFile& file : files_)
      if (file.path == path.string()) return path;
    files_.push_back({path.string(), fs::file_size(path), {}});
    return path;
  }

  Array read(const std::string& where, const char* what) {
    const Place place(where);
    const fs::path path = noted(place);
    const std::string kind = path.extension().string();
    if (kind == ".npy") return read_npy(path);
    if (kind != ".h5" && kind != ".hdf5" && kind != ".hdf")
      fail(Failure::data, "{}: {} are read from HDF5 (FILE.h5:/path) and NPY (FILE.npy)", where,
           what);
    const Hdf5File file = Hdf5File::open(path);
    if (place.inside.empty() || !file.has(place.inside)) {
      std::vector<std::string> there;
      const Archive all = file.read_all();
      for (const auto& [name, array] : all.entries()) there.push_back(name);
      fail(Failure::data, "{}: {} (there: {}){}", path.string(),
           place.inside.empty() ? std::string("say which dataset of it, FILE.h5:/path")
                                : "has no dataset '/" + place.inside + "'",
           there.empty() ? "none" : join(there), did_you_mean(place.inside, there));
    }
    return file.read(place.inside);
  }

  Items read_features() {
    const Array array = read(options_.features, "features");
    const std::size_t rank = array.shape.size();
    if (holds_text(array)) fail(Failure::data, "{}: holds texts, not numbers", options_.features);
    if (rank < 2 || rank > 4)
      fail(Failure::data, "{}: has the shape {}; features are [N, F], [N, T, F] or [N, C, H, W]",
           options_.features, shape_text(array.shape));
    if (std::find(array.shape.begin(), array.shape.end(), 0) != array.shape.end())
      fail(Failure::data, "{}: is empty, its shape is {}", options_.features,
           shape_text(array.shape));
    std::vector<float> numbers = as_floats(array);
    if (rank == 4 && std::holds_alternative<std::vector<std::uint8_t>>(array.values))
      for (float& number : numbers) number /= 255.0F;
    Items items(static_cast<std::size_t>(array.shape[0]));
    items.fields.features.assign(array.shape.begin() + 1, array.shape.end());
    const std::size_t width = numbers.size() / items.size();
    for (std::size_t i = 0; i < items.size(); ++i) {
      Example& example = items.examples[i].example;
      example.origin = options_.features + " row " + std::to_string(i + 1);
      const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(i * width);
      example.features.assign(begin, begin + static_cast<std::ptrdiff_t>(width));
      check_finite(items, i, example.features, "feature");
    }
    return items;
  }

  void check_finite(Items& items, std::size_t item, const std::vector<float>& numbers,
                    const char* what) {
    for (std::size_t k = 0; k < numbers.size(); ++k)
      if (!std::isfinite(numbers[k]))
        return items.leave_out(item,
                               fmt::format("{}: {} {} is {}", items.examples[item].example.origin,
                                           what, k + 1, numbers[k]),
                               bad_);
  }

  void add_lines(Items& items) {
    std::vector<std::string> lines;
    std::string place = options_.lines;
    if (Place(options_.lines).inside.empty()) {
      std::istringstream text(read_text(noted(Place(options_.lines))));
      for (std::string line; std::getline(text, line);) {
        if (line.ends_with('\r')) line.pop_back();
        lines.push_back(std::move(line));
      }
      // A refusal names the last line, or the first that is too many.
      place = fmt::format("{}:{}", place, std::min(lines.size(), items.size() + 1));
    } else {
      Array array = read(options_.lines, "texts");
      if (!holds_text(array) || array.shape.size() != 1)
        fail(Failure::data, "{}: is no list of texts", options_.lines);
      lines = std::get<std::vector<std::string>>(std::move(array.values));
    }
    items.expect(lines.size(), place, "lines");
    items.fields.text = true;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].empty() || first_invalid_utf8(lines[i]))
        items.leave_out(i,
                        fmt::format("{}:{}: {}", options_.lines, i + 1,
                                    lines[i].empty() ? "has no text" : "is not UTF-8"),
                        bad_);
      items.examples[i].example.text = std::move(lines[i]);
    }
  }

  void add_labels(Items& items) {
    const Array array = read(options_.labels, "labels");
    if (!holds_whole_numbers(array) || array.shape.size() != 1)
      fail(Failure::data, "{}: labels are whole numbers [N], and these are {} {}", options_.labels,
           holds_text(array)            ? "texts"
           : holds_whole_numbers(array) ? "whole numbers"
                                        : "floating numbers",
           shape_text(array.shape));
    add_numbered_labels(items, as_integers(array), options_.class_names, options_.labels, bad_);
  }

  void add_values(Items& items) {
    const Array array = read(options_.values, "values");
    const std::size_t rank = array.shape.size();
    if (holds_text(array) || rank < 1 || rank > 2)
      fail(Failure::data, "{}: values are numbers [N] or [N, K], and these are {}{}",
           options_.values, holds_text(array) ? "texts " : "", shape_text(array.shape));
    const std::vector<float> numbers = as_floats(array);
    items.expect(static_cast<std::size_t>(array.shape[0]), options_.values, "rows");
    const std::size_t width = numbers.size() / items.size();
    if (!options_.value_names.empty() && options_.value_names.size() != width)
      fail(Failure::usage, "data: {} value_names for {} values a row", options_.value_names.size(),
           width);
    items.fields.values = options_.value_names;
    for (std::size_t k = items.fields.values.size(); k < width; ++k)
      items.fields.values.push_back(width > 1 ? fmt::format("value{}", k + 1) : "value");
    for (std::size_t i = 0; i < items.size(); ++i) {
      std::vector<float>& values = items.examples[i].example.values;
      const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(i * width);
      values.assign(begin, begin + static_cast<std::ptrdiff_t>(width));
      check_finite(items, i, values, "value");
    }
  }

  Options options_;
  BadExamples bad_;
  std::vector<DataFile> files_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "features", "1.0.0", Features)
