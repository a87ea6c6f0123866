// Text: one or more plain-text files, each cut into training, validation and test parts.
//
// `parts: 1` is a contiguous split: the first part of every text trains, the last validates (and
// the end tests). `parts: 50` cuts each text into 50 equal pieces first and takes the last part of
// every piece, as char-rnn does: an easier split, since every piece's training text stands right
// before its validation text. `multiple_of` drops the end of a text first, so that the pieces are
// equal: char-rnn keeps whole batches of windows. Texts are cut between code points. A byte order
// mark is dropped.
#include <unroll/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace {

namespace fs = std::filesystem;
using namespace unroll;

/// The first byte not before `at` where a code point begins.
std::size_t code_point_from(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  return at;
}

/// The byte at or after `share` of the text where a code point begins.
std::size_t cut_at(std::string_view text, double share) {
  const double at = std::floor(static_cast<double>(text.size()) * share + 1e-6);
  return code_point_from(text, static_cast<std::size_t>(at));
}

class Text final : public Dataset {
 public:
  struct Options {
    std::vector<std::string> corpus;
    std::vector<std::string> files;
    double validation = 0.1;
    double test = 0.0;
    int parts = 1;
    int multiple_of = 1;
    bool join = false;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("plain-text files in UTF-8, cut into training, validation and test parts");
    schema.option("corpus", &Options::corpus,
                  "texts fetched by tools/get-data, e.g. austen/emma, or austen for all of them");
    schema.option("files", &Options::files,
                  "paths of other texts; * and ? in a file's name; relative to where you are");
    schema.option("validation", &Options::validation, "share of every text kept for validation")
        .range(0, 0.9);
    schema.option("test", &Options::test, "share of every text kept for the test at the end")
        .range(0, 0.9);
    schema
        .option("parts", &Options::parts,
                "cut every text into this many pieces and split each (char-rnn: 50)")
        .range(1, 10000);
    schema
        .option("multiple_of", &Options::multiple_of,
                "drop the end of every text that is over a multiple of so many bytes (char-rnn: "
                "batch times window)")
        .at_least(1);
    schema.option("join", &Options::join, "make one text of all files before cutting");
  }
  explicit Text(const Options& options) : options_(options) {}

  Splits load() override {
    const std::vector<fs::path> paths = find_data(options_.corpus, options_.files, "text");
    if (options_.validation + options_.test >= 1)
      fail(Failure::usage, "data: validation {} and test {} leave nothing to train on",
           options_.validation, options_.test);

    Splits splits;
    splits.fields.text = true;
    splits.fields.whole = false;
    splits.split_name = name_of_split();
    std::string joined;
    for (const fs::path& path : paths) {
      const std::string text = read_text(path);
      splits.files.push_back({path.string(), fs::file_size(path), {}});
      if (options_.join)
        joined += text;
      else
        cut(text, path.string(), splits);
    }
    if (options_.join) cut(joined, "the joined texts", splits);
    return splits;
  }

 private:
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

  void cut(std::string_view text, const std::string& name, Splits& splits) const {
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
      const auto keep = [&](std::vector<Example>& into, const char* split, double share,
                            std::size_t from, std::size_t to) {
        if (share <= 0) return;
        if (to - from < 2)
          fail(Failure::data,
               "{}: too short: {} bytes in {} part(s) leave {} for {}; use a longer text or fewer "
               "parts",
               name, text.size(), options_.parts, to - from, split);
        into.push_back({std::string(piece.substr(from, to - from))});
      };
      keep(splits.train, "training", 1, 0, train);
      keep(splits.validation, "validation", options_.validation, train, validation);
      keep(splits.test, "test", options_.test, validation, piece.size());
    }
  }

  Options options_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "text", "1.0.0", Text)
