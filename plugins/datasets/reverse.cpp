// Reversal (Sutskever et al. 2014, arXiv 1409.3215, used it as a trick): a random string and the
// same backwards.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Reverse final : public Dataset {
 public:
  struct Options : SyntheticOptions {
    std::int64_t shortest = 5;
    std::int64_t longest = 10;
    std::int64_t alphabet = 26;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("a random string of letters, to be written backwards");
    schema.option("shortest", &Options::shortest, "letters of the shortest").range(1, 10000);
    schema.option("longest", &Options::longest, "letters of the longest").range(1, 10000);
    schema.option("alphabet", &Options::alphabet, "different letters").range(2, 26);
    SyntheticOptions::describe_all(schema);
  }
  explicit Reverse(const Options& options) : options_(options) {
    if (options.longest < options.shortest)
      fail(Failure::usage, "data: reverse: longest is {}, shortest {}", options.longest,
           options.shortest);
  }

  Splits load() override {
    Fields fields;
    fields.text = fields.target = true;
    return make_splits(options_, fields, [this](RandomStream& random, const std::string&) {
      const auto range = static_cast<std::uint64_t>(options_.longest - options_.shortest) + 1;
      const auto length = static_cast<std::uint64_t>(options_.shortest) + random.below(range);
      Example example;
      for (std::uint64_t i = 0; i < length; ++i)
        example.text +=
            static_cast<char>('a' + random.below(static_cast<std::uint64_t>(options_.alphabet)));
      example.target.assign(example.text.rbegin(), example.text.rend());
      return example;
    });
  }

 private:
  Options options_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "reverse", "1.0.0", Reverse)
