// Pictures with a text or a class each: pictures out of IDX files, texts out of a table whose row i
// belongs to picture i, classes out of the table or an IDX file.
#include <unroll/plugin.hpp>

#include <filesystem>

namespace {

namespace fs = std::filesystem;
using namespace unroll;

class CaptionedImages final : public Dataset {
 public:
  struct Options : SplitOptions {
    std::string images;
    std::string table;
    std::string text;
    std::string label;
    std::string labels;
    std::vector<std::string> class_names;
    std::string group;
    std::string test_images, test_labels;
    std::string as = "image";
    std::string on_error = "fail";
  };
  static void describe(Schema<Options>& schema) {
    using O = Options;
    schema.summary("pictures with a text or a class each");
    schema.option("images", &O::images, "IDX file of bytes: a path, or corpus/file").required();
    schema.option("table", &O::table, "TSV or CSV file, a row a picture: a path, or corpus/file");
    schema.option("text", &O::text, "column of the table that is the text; empty: no texts");
    schema.option("label", &O::label, "column of the table that is the class; empty: none");
    schema.option("labels", &O::labels, "IDX file of classes instead");
    schema.option("class_names", &O::class_names, "of the numbers in such a file, in their order");
    schema.option("group", &O::group,
                  "column that keeps pictures together (split: group) or names their split "
                  "(split: column)");
    schema.option("test_images", &O::test_images, "IDX file that is the test split");
    schema.option("test_labels", &O::test_labels, "its classes");
    schema
        .option("as", &O::as,
                "image: [colours, rows, columns]; vector: all in a row; rows: a sequence of rows")
        .choices({"image", "vector", "rows"});
    SplitOptions::describe_all(schema);
    schema.option("on_error", &O::on_error, "a row that cannot be used: fail, or skip and count")
        .choices({"fail", "skip"});
  }
  explicit CaptionedImages(const Options& options) : options_(options), bad_(options.on_error) {}

  Splits load() override {
    if (options_.text.empty() && options_.label.empty() && options_.labels.empty())
      fail(Failure::usage, "data: captioned_images needs a text or a label column, or labels");
    if (!options_.test_images.empty() && !options_.table.empty())
      fail(Failure::usage, "data: test_images go with test_labels, not with a table");
    SplitOptions cut = options_;
    if (!options_.test_images.empty()) cut.test = 0;
    std::vector<Grouped> examples = read(options_.images, options_.labels);
    Splits splits = divide(std::move(examples), fields_, cut);
    if (!options_.test_images.empty()) {
      for (Grouped& example : read(options_.test_images, options_.test_labels))
        splits.test.push_back(std::move(example.example));
      splits.split_name += ", test by file";
    }
    splits.files = std::move(files_);
    bad_.tell(splits.notices);
    return splits;
  }

 private:
  static fs::path find(const std::string& name) {
    return fs::is_regular_file(name) ? fs::path(name) : find_corpus(name).front();
  }

  fs::path noted(const std::string& name) {
    fs::path path = find(name);
    files_.push_back({path.string(), fs::file_size(path), {}});
    return path;
  }

  std::vector<Grouped> read(const std::string& images, const std::string& labels) {
    const fs::path path = noted(images);
    const IdxFile pictures = read_idx(path);
    set_shape(pictures, path.string());
    std::vector<Grouped> examples(static_cast<std::size_t>(pictures.items()));
    const auto size = static_cast<std::size_t>(pictures.item_bytes());
    for (std::size_t i = 0; i < examples.size(); ++i) {
      Example& example = examples[i].example;
      example.origin = path.filename().string() + " picture " + std::to_string(i + 1);
      example.features.resize(size);
      for (std::size_t k = 0; k < size; ++k)
        example.features[k] =
            static_cast<float>(static_cast<unsigned char>(pictures.bytes[i * size + k])) / 255.0F;
    }
    if (!options_.table.empty()) add_table(examples);
    if (!labels.empty()) add_labels(labels, examples);
    return examples;
  }

  void set_shape(const IdxFile& pictures, const std::string& name) {
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
    if (!fields_.features.empty() && fields_.features != shape)
      fail(Failure::data, "{}: its pictures are not of the size of the training pictures", name);
    fields_.features = shape;
  }

  void add_table(std::vector<Grouped>& examples) {
    const fs::path path = noted(options_.table);
    std::vector<std::string> columns;
    for (const std::string& column : {options_.text, options_.label, options_.group})
      if (!column.empty()) columns.push_back(column);
    const std::vector<Record> rows = read_records(path, {}, columns, bad_);
    if (rows.size() != examples.size())
      fail(Failure::data, "{} has {} rows for {} pictures of {}", path.string(), rows.size(),
           examples.size(), options_.images);
    fields_.text = !options_.text.empty();
    fields_.label = !options_.label.empty();
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::size_t at = 0;
      if (fields_.text) examples[i].example.text = rows[i].cells[at++];
      if (fields_.label) examples[i].example.label = rows[i].cells[at++];
      if (!options_.group.empty()) examples[i].group = rows[i].cells[at];
    }
  }

  void add_labels(const std::string& labels, std::vector<Grouped>& examples) {
    const fs::path path = noted(labels);
    const IdxFile classes = read_idx(path);
    if (classes.shape.size() != 1 || classes.items() != static_cast<std::int64_t>(examples.size()))
      fail(Failure::data, "{} has {} classes for {} pictures", path.string(), classes.items(),
           examples.size());
    fields_.label = true;
    for (std::size_t i = 0; i < examples.size(); ++i) {
      const auto number = static_cast<std::size_t>(static_cast<unsigned char>(classes.bytes[i]));
      if (!options_.class_names.empty() && number >= options_.class_names.size())
        fail(Failure::data, "{}: class {} of picture {}, but there are {} class_names",
             path.string(), number, i + 1, options_.class_names.size());
      examples[i].example.label =
          options_.class_names.empty() ? std::to_string(number) : options_.class_names[number];
    }
  }

  Options options_;
  BadExamples bad_;
  Fields fields_;
  std::vector<DataFile> files_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "captioned_images", "1.0.0", CaptionedImages)
