// The adding problem (Hochreiter and Schmidhuber 1997): a long sequence of random numbers, two of
// which are marked; their sum has to be said at the end.
//
//   features [T, 2]: u_t uniform in 0 … 1, and 1 at the marked steps, one in each half, else 0
//   value: the sum of the two marked numbers
//
// Always saying 1 has a mean squared error of 1/6 = 0.167.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Adding final : public Dataset {
 public:
  struct Options : SyntheticOptions {
    std::int64_t length = 100;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("the adding problem: the sum of two marked numbers of a long sequence");
    schema.option("length", &Options::length, "steps of a sequence, T").range(2, 100000);
    SyntheticOptions::describe_all(schema);
  }
  explicit Adding(const Options& options) : options_(options) {}

  Splits load() override {
    Fields fields;
    fields.features = {options_.length, 2};
    fields.values = {"sum"};
    return make_splits(options_, fields, [this](RandomStream& random, const std::string&) {
      const auto steps = static_cast<std::uint64_t>(options_.length), half = steps / 2;
      Example example;
      example.features.resize(2 * steps, 0.0F);
      for (std::size_t t = 0; t < steps; ++t)
        example.features[2 * t] = static_cast<float>(random.uniform());
      const std::uint64_t first = random.below(half), second = half + random.below(steps - half);
      example.features[2 * first + 1] = example.features[2 * second + 1] = 1;
      example.values = {example.features[2 * first] + example.features[2 * second]};
      return example;
    });
  }

 private:
  Options options_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "adding", "1.0.0", Adding)
