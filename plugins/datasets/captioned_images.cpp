// Pictures with a text or a class each: pictures out of IDX files, or PNG and JPEG files of one
// size in a folder; texts out of a table whose row i belongs to picture i or names its file;
// classes out of the table or an IDX file.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <filesystem>
#include <set>

namespace {

namespace fs = std::filesystem;
using namespace unroll;

class CaptionedImages final : public Dataset {
 public:
  struct Options : RowTableOptions {
    std::string images;
    std::string file;
    std::string labels;
    std::vector<std::string> class_names;
    std::string test_images, test_labels;
    std::string as = "image";
    std::string on_error = "fail";
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("pictures with a text or a class each");
    schema
        .option(
            "images", &O::images,
            "IDX file of bytes: a path, or corpus/file; or a folder of PNG and JPEG files, or a "
            "pattern such as faces/*.png, sorted by name")
        .required();
    schema.option("file", &O::file,
                  "column of the table that names each picture's file in the folder; empty: row i "
                  "belongs to picture i");
    schema.option("labels", &O::labels, "IDX file of classes, instead of a table");
    schema.option("class_names", &O::class_names, "of the numbers in such a file, in their order");
    schema.option("test_images", &O::test_images, "as images, that are the test split");
    schema.option("test_labels", &O::test_labels, "its classes");
    schema
        .option("as", &O::as,
                "image: [colours, rows, columns]; vector: all in a row; rows: a sequence of rows")
        .choices({"image", "vector", "rows"});
    RowTableOptions::describe_all(schema);
    schema.option("on_error", &O::on_error, "a row that cannot be used: fail, or skip and count")
        .choices({"fail", "skip"});
  }
  explicit CaptionedImages(const Options& options) : options_(options), bad_(options.on_error) {}

  std::vector<Example> read_more(const std::string& file, const Fields& known,
                                 bool answered) override {
    if (answered)
      fail(Failure::usage,
           "{}: pictures of another file have no texts or classes beside them to compare with; "
           "`sample` answers them",
           file);
    options_.table.clear();
    options_.file.clear();
    Items items = read(file, {});
    if (items.fields.features != known.features)
      fail(Failure::data, "{}: its pictures are not of the size of the training pictures", file);
    return ungrouped(items.usable());
  }

  Splits load() override {
    if (options_.text.empty() && options_.label.empty() && options_.labels.empty())
      fail(Failure::usage, "data: captioned_images needs a text or a label column, or labels");
    if (!options_.test_images.empty() && !options_.table.empty())
      fail(Failure::usage, "data: test_images go with test_labels, not with a table");
    if (!options_.file.empty() && options_.table.empty())
      fail(Failure::usage, "data: file is a column of the table, and there is no table");
    Items items = read(options_.images, options_.labels);
    SplitFiles held_out;
    if (!options_.test_images.empty()) {
      Items test = read(options_.test_images, options_.test_labels);
      if (test.fields.features != items.fields.features)
        fail(Failure::data, "{}: its pictures are not of the size of the training pictures",
             options_.test_images);
      held_out.test = test.usable();
    }
    Splits splits = divide(items.usable(), items.fields, options_, std::move(held_out));
    splits.files = std::move(files_);
    splits.notices.insert(splits.notices.end(), notices_.begin(), notices_.end());
    refuse_unknown_labels(splits, bad_);
    bad_.tell(splits.notices);
    return splits;
  }

 private:
  fs::path noted(const std::string& name) {
    fs::path path = find_one_file(name);
    files_.push_back({path.string(), fs::file_size(path), {}});
    return path;
  }

  Items read(const std::string& images, const std::string& labels) {
    const bool files = fs::is_directory(images) || is_picture_name(images) ||
                       images.find_first_of("*?") != std::string::npos;
    if (!files && !options_.file.empty())
      fail(Failure::usage, "data: a file column needs images to be a folder, not {}", images);
    Items items = files ? from_files(images) : from_idx(images);
    if (!options_.table.empty()) add_row_table(items, options_, noted(options_.table), bad_);
    for (std::size_t i = 0; i < items.size(); ++i)
      if (items.examples[i].example.features.empty())
        items.leave_out(i, options_.table + ": row " + std::to_string(i + 1) + " names no file",
                        bad_);
    if (!labels.empty()) add_labels(labels, items);
    return items;
  }

  Items from_idx(const std::string& images) {
    const fs::path path = noted(images);
    const IdxFile pictures = read_idx(path);
    Items items(static_cast<std::size_t>(pictures.items()));
    items.fields.features =
        shape_of({pictures.shape.begin() + 1, pictures.shape.end()}, path.string());
    const auto size = static_cast<std::size_t>(pictures.item_bytes());
    for (std::size_t i = 0; i < items.size(); ++i) {
      Example& example = items.examples[i].example;
      example.origin = path.filename().string() + " picture " + std::to_string(i + 1);
      example.features = features_of(std::string_view(pictures.bytes).substr(i * size, size));
    }
    return items;
  }

  Items from_files(const std::string& images) {
    const std::vector<Named> names = options_.file.empty() ? in_order(images) : by_table(images);
    Items items(names.size());
    std::vector<std::int64_t> shape;
    std::string first;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto& [path, row] = names[i];
      Example& example = items.examples[i].example;
      example.origin = path.filename().string();
      if (path.empty()) {
        if (!row.empty()) items.leave_out(i, row + "names no file", bad_);
        continue;  // a row that is bad otherwise is reported later
      }
      try {
        const Picture picture = read_picture(path);
        if (shape.empty()) {
          shape = picture.shape;
          first = path.filename().string();
          items.fields.features = shape_of(shape, path.string());
        }
        if (picture.shape != shape)
          fail(Failure::data,
               "{}: {}, but {} has {}; pictures must be of one size, and are not "
               "resized here",
               path.string(), text_of(picture.shape), first, text_of(shape));
        example.features = features_of(picture.bytes);
        files_.push_back({path.string(), fs::file_size(path), {}});
      } catch (const Error& error) {
        if (error.kind() != Failure::data) throw;
        items.leave_out(i, row + error.what(), bad_);
      }
    }
    if (shape.empty()) fail(Failure::data, "{}: none of its pictures can be used", images);
    return items;
  }

  /// A picture, and where the table names it: "captions.tsv:17: ", or nothing.
  struct Named {
    fs::path path;
    std::string row{};
  };

  static std::vector<Named> in_order(const std::string& images) {
    std::vector<Named> names;
    for (const fs::path& path : find_pictures(images)) names.push_back({path});
    return names;
  }

  std::vector<Named> by_table(const std::string& folder) {
    if (!fs::is_directory(folder))
      fail(Failure::usage, "data: a file column needs images to be a folder, not {}", folder);
    BadExamples later("skip");  // bad rows are reported with the texts
    const std::vector<Record> rows = read_records(
        find_one_file(options_.table), {"auto", options_.header}, {options_.file}, later);
    std::vector<Named> names(rows.size() + static_cast<std::size_t>(later.count()));
    std::set<fs::path> unnamed;
    for (const auto& entry : fs::directory_iterator(folder))
      if (is_picture_name(entry.path())) unnamed.insert(entry.path().filename());
    for (const Record& row : rows) {
      names[row.row].row = row.origin + ": ";
      if (row.cells[0].empty()) continue;
      names[row.row].path = fs::path(folder) / row.cells[0];
      unnamed.erase(row.cells[0]);
    }
    if (!unnamed.empty())
      notices_.push_back(std::to_string(unnamed.size()) + " pictures of " + folder +
                         " are in no row of the table, the first: " + unnamed.begin()->string());
    return names;
  }

  static std::string text_of(const std::vector<std::int64_t>& shape) {
    return std::to_string(shape[1]) + " x " + std::to_string(shape[2]) + " pixels of " +
           std::to_string(shape[0]) + (shape[0] == 1 ? " colour" : " colours");
  }

  static std::vector<float> features_of(std::string_view bytes) {
    std::vector<float> features(bytes.size());
    std::transform(bytes.begin(), bytes.end(), features.begin(), [](char byte) {
      return static_cast<float>(static_cast<unsigned char>(byte)) / 255.0F;
    });
    return features;
  }

  std::vector<std::int64_t> shape_of(std::vector<std::int64_t> shape,
                                     const std::string& name) const {
    if (shape.size() != 2 && shape.size() != 3)
      fail(Failure::data, "{}: pictures have rows and columns, and may have colours before them",
           name);
    if (shape.size() == 2) shape.insert(shape.begin(), 1);
    if (options_.as == "vector") shape = {shape[0] * shape[1] * shape[2]};
    if (options_.as == "rows") {
      if (shape[0] != 1) fail(Failure::usage, "data: as: rows is for pictures of one colour");
      shape.erase(shape.begin());
    }
    return shape;
  }

  void add_labels(const std::string& labels, Items& items) {
    const fs::path path = noted(labels);
    const IdxFile classes = read_idx(path);
    if (classes.shape.size() != 1)
      fail(Failure::data, "{}: classes are one number a picture", path.string());
    std::vector<std::int64_t> numbers;
    for (const char byte : classes.bytes) numbers.push_back(static_cast<unsigned char>(byte));
    add_numbered_labels(items, numbers, options_.class_names, path.string(), bad_);
  }

  Options options_;
  BadExamples bad_;
  std::vector<DataFile> files_;
  std::vector<std::string> notices_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "captioned_images", "1.0.0", CaptionedImages)
