// Parity: is the number of ones in a string of bits odd? One wrong step is wrong for good, so a
// recurrent network has to learn a state exactly.
#include <unroll/plugin.hpp>

#include <algorithm>

namespace {

using namespace unroll;

class Parity final : public Dataset {
 public:
  struct Options : SyntheticOptions {
    std::int64_t shortest = 10;
    std::int64_t longest = 20;
    std::int64_t test_longest = 0;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("strings of bits, labelled by whether the ones are odd or even in number");
    schema.option("shortest", &Options::shortest, "bits of the shortest").range(1, 100000);
    schema.option("longest", &Options::longest, "bits of the longest").range(1, 100000);
    schema
        .option("test_longest", &Options::test_longest,
                "the test split has strings longer than `longest`, up to this; 0: like the others")
        .range(0, 100000);
    SyntheticOptions::describe_all(schema);
  }
  explicit Parity(const Options& options) : options_(options) {
    if (options.longest < options.shortest ||
        (options.test_longest > 0 && options.test_longest <= options.longest))
      fail(Failure::usage, "data: parity: shortest, longest, test_longest must rise: {}, {}, {}",
           options.shortest, options.longest, options.test_longest);
  }

  Splits load() override {
    Fields fields;
    fields.text = fields.label = true;
    return make_splits(options_, fields, [this](RandomStream& random, const std::string& split) {
      const bool further = split == "test" && options_.test_longest > 0;
      const std::int64_t low = further ? options_.longest + 1 : options_.shortest;
      const std::int64_t high = further ? options_.test_longest : options_.longest;
      const auto length = static_cast<std::uint64_t>(low) +
                          random.below(static_cast<std::uint64_t>(high - low) + 1);
      Example example;
      for (std::uint64_t i = 0; i < length; ++i) example.text += random.below(2) == 0 ? '0' : '1';
      const auto ones = std::count(example.text.begin(), example.text.end(), '1');
      example.label = ones % 2 == 1 ? "odd" : "even";
      return example;
    });
  }

 private:
  Options options_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "parity", "1.0.0", Parity)
