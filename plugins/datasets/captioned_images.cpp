// Pictures with a text or a class each: pictures out of IDX files, texts out of a table whose row i
// belongs to picture i, classes out of the table or an IDX file.
#include <unroll/plugin.hpp>

#include <filesystem>

namespace {

namespace fs = std::filesystem;
using namespace unroll;

class CaptionedImages final : public Dataset {
 public:
  struct Options : RowTableOptions {
    std::string images;
    std::string labels;
    std::vector<std::string> class_names;
    std::string test_images, test_labels;
    std::string as = "image";
    std::string on_error = "fail";
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("pictures with a text or a class each");
    schema.option("images", &O::images, "IDX file of bytes: a path, or corpus/file").required();
    schema.option("labels", &O::labels, "IDX file of classes, instead of a table");
    schema.option("class_names", &O::class_names, "of the numbers in such a file, in their order");
    schema.option("test_images", &O::test_images, "IDX file that is the test split");
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
    Items items = read(file, {});
    if (items.fields.features != known.features)
      fail(Failure::data, "{}: its pictures are not of the size of the training pictures", file);
    std::vector<Example> examples;
    for (Grouped& item : items.usable()) examples.push_back(std::move(item.example));
    return examples;
  }

  Splits load() override {
    if (options_.text.empty() && options_.label.empty() && options_.labels.empty())
      fail(Failure::usage, "data: captioned_images needs a text or a label column, or labels");
    if (!options_.test_images.empty() && !options_.table.empty())
      fail(Failure::usage, "data: test_images go with test_labels, not with a table");
    SplitOptions cut = options_;
    if (!options_.test_images.empty()) cut.test = 0;
    Items items = read(options_.images, options_.labels);
    Splits splits = divide(items.usable(), items.fields, cut);
    if (!options_.test_images.empty()) {
      Items test = read(options_.test_images, options_.test_labels);
      if (test.fields.features != items.fields.features)
        fail(Failure::data, "{}: its pictures are not of the size of the training pictures",
             options_.test_images);
      for (Grouped& example : test.usable()) splits.test.push_back(std::move(example.example));
      splits.split_name += ", test by file";
    }
    splits.files = std::move(files_);
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
    const fs::path path = noted(images);
    const IdxFile pictures = read_idx(path);
    Items items(static_cast<std::size_t>(pictures.items()));
    items.fields.features = shape_of(pictures, path.string());
    const auto size = static_cast<std::size_t>(pictures.item_bytes());
    for (std::size_t i = 0; i < items.size(); ++i) {
      Example& example = items.examples[i].example;
      example.origin = path.filename().string() + " picture " + std::to_string(i + 1);
      example.features.resize(size);
      for (std::size_t k = 0; k < size; ++k)
        example.features[k] =
            static_cast<float>(static_cast<unsigned char>(pictures.bytes[i * size + k])) / 255.0F;
    }
    if (!options_.table.empty()) add_row_table(items, options_, noted(options_.table), bad_);
    if (!labels.empty()) add_labels(labels, items);
    return items;
  }

  std::vector<std::int64_t> shape_of(const IdxFile& pictures, const std::string& name) const {
    std::vector<std::int64_t> shape(pictures.shape.begin() + 1, pictures.shape.end());
    if (shape.size() != 2 && shape.size() != 3)
      fail(Failure::data, "{}: pictures have rows and columns, and may have colours before them",
           name);
    if (shape.size() == 2) shape.insert(shape.begin(), 1);
    if (options_.as == "vector") shape = {pictures.item_bytes()};
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
};

}  // namespace

UNROLL_PLUGIN(dataset, "captioned_images", "1.0.0", CaptionedImages)
