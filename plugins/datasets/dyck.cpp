// Dyck-1: balanced brackets, each with the depth it leaves (Weiss et al. 2018, arXiv 1805.04908, on
// counting by recurrent networks). The test split may go deeper than anything that was trained on.
//
//   text    ( ( ) ( ) )
//   target  1 2 1 2 1 0        depths of ten and more are a, b, c, …
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

constexpr std::int64_t kDeepest = 35;

char digit(std::int64_t depth) {
  return static_cast<char>(depth < 10 ? '0' + depth : 'a' + (depth - 10));
}

class Dyck final : public Dataset {
 public:
  struct Options : SyntheticOptions {
    std::int64_t length = 40;
    std::int64_t depth = 8;
    std::int64_t test_length = 0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("balanced brackets, each tagged with the depth that it leaves");
    schema.option("length", &Options::length, "brackets of a text").range(2, 100000);
    schema.option("depth", &Options::depth, "the deepest").range(1, kDeepest);
    schema
        .option("test_length", &Options::test_length,
                "brackets of the test split's texts, for generalisation; 0: like the others")
        .range(0, 100000);
    SyntheticOptions::describe_all(schema);
  }
  explicit Dyck(const Options& options) : options_(options) {}

  Splits load() override {
    Fields fields;
    fields.text = fields.target = true;
    return make_splits(options_, fields, [this](RandomStream& random, const std::string& split) {
      const bool further = split == "test" && options_.test_length > 0;
      const std::int64_t length = (further ? options_.test_length : options_.length) / 2 * 2;
      Example example;
      std::int64_t depth = 0;
      for (std::int64_t left = length; left > 0; --left) {
        const bool must_close = depth == left || depth == options_.depth;
        const bool open = depth == 0 || (!must_close && random.below(2) == 0);
        depth += open ? 1 : -1;
        example.text += open ? '(' : ')';
        example.target += digit(depth);
      }
      return example;
    });
  }

 private:
  Options options_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "dyck", "1.0.0", Dyck)
