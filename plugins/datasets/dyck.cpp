// Dyck-1: balanced brackets, for which a recurrent network has to count. The test split may be
// longer and deeper than anything that was trained on.
//
//   text    ( ( ) ( ) )
//   depth   1 2 1 2 1 0      what each bracket leaves (Weiss et al. 2018, arXiv 1805.04908); ten
//                            and more are a, b, c, …
//   next    e e e e e o      what may follow: either bracket, or an opening one alone (Suzgun et
//                            al. 2019, arXiv 1906.03648); the same two signs at any depth
#include <unroll/plugin.hpp>

#include <algorithm>

namespace {

using namespace unroll;

constexpr std::int64_t kDeepestDigit = 35;

char digit(std::int64_t depth) {
  return static_cast<char>(depth < 10 ? '0' + depth : 'a' + (depth - 10));
}

class Dyck final : public Dataset {
 public:
  struct Options : SyntheticOptions {
    std::int64_t length = 40;
    std::int64_t depth = 8;
    std::string target = "depth";
    std::int64_t test_length = 0;
    std::int64_t test_depth = 0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("balanced brackets, each tagged with its depth or with what may follow");
    schema.option("length", &Options::length, "brackets of a text").range(2, 100000);
    schema.option("depth", &Options::depth, "the deepest").range(1, 50000);
    schema
        .option("target", &Options::target,
                "depth: what each bracket leaves, at most 35; next: e where either bracket may "
                "follow, o where only an opening one may")
        .choices({"depth", "next"});
    schema
        .option("test_length", &Options::test_length,
                "brackets of the test split's texts, for generalisation; 0: like the others")
        .range(0, 100000);
    schema
        .option("test_depth", &Options::test_depth,
                "the deepest of the test split, whose texts then all go deeper than the others; "
                "0: like them")
        .range(0, 50000);
    SyntheticOptions::describe_all(schema);
  }
  explicit Dyck(const Options& options) : options_(options) {
    const std::int64_t deepest = std::max(options.depth, options.test_depth);
    if (options.target == "depth" && deepest > kDeepestDigit)
      fail(Failure::usage, "data: dyck: depths are written up to {}, not {}; use target: next",
           kDeepestDigit, deepest);
    if (options.test_depth != 0 && options.test_depth <= options.depth)
      fail(Failure::usage, "data: dyck: test_depth {} is no deeper than depth {}",
           options.test_depth, options.depth);
  }

  Splits load() override {
    Fields fields;
    fields.text = fields.target = true;
    return make_splits(options_, fields, [this](RandomStream& random, const std::string& split) {
      const bool test = split == "test";
      const std::int64_t length =
          test && options_.test_length > 0 ? options_.test_length : options_.length;
      if (!test || options_.test_depth == 0)
        return make(random, length / 2 * 2, options_.depth).first;
      constexpr int kTries = 10000;
      for (int i = 0; i < kTries; ++i)
        if (auto [example, reached] = make(random, length / 2 * 2, options_.test_depth);
            reached > options_.depth)
          return std::move(example);
      fail(Failure::usage,
           "data: dyck: hardly a text of {} brackets goes deeper than {}; make test_length longer",
           length, options_.depth);
    });
  }

 private:
  /// A random walk that returns to zero at its end, and the greatest depth it reached.
  std::pair<Example, std::int64_t> make(RandomStream& random, std::int64_t length,
                                        std::int64_t deepest) const {
    Example example;
    std::int64_t depth = 0, reached = 0;
    for (std::int64_t left = length; left > 0; --left) {
      const bool must_close = depth == left || depth == deepest;
      const bool open = depth == 0 || (!must_close && random.below(2) == 0);
      depth += open ? 1 : -1;
      reached = std::max(reached, depth);
      example.text += open ? '(' : ')';
      example.target += options_.target == "depth" ? digit(depth) : depth > 0 ? 'e' : 'o';
    }
    return {std::move(example), reached};
  }

  Options options_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "dyck", "1.0.0", Dyck)
