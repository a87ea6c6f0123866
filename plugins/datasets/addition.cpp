// Addition as a translation (Zaremba and Sutskever 2014, arXiv 1410.4615; in this form Keras's
// example addition_rnn): "535+61" to "596".
//
// Written backwards a sum is easier: its last digit comes first, where the carry begins.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class Addition final : public Dataset {
 public:
  struct Options : SyntheticOptions {
    std::int64_t digits = 3;
    bool reverse = true;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("sums of two numbers as strings");
    schema.option("digits", &Options::digits, "digits of each number at most").range(1, 9);
    schema.option("reverse", &Options::reverse, "read the sum backwards, as Keras's example does");
    SyntheticOptions::describe_all(schema);
  }
  explicit Addition(const Options& options) : options_(options) {}

  Splits load() override {
    Fields fields;
    fields.text = fields.target = true;
    return make_splits(options_, fields, [this](RandomStream& random, const std::string&) {
      const auto number = [&] {
        const auto digits = 1 + random.below(static_cast<std::uint64_t>(options_.digits));
        std::uint64_t bound = 1;
        for (std::uint64_t i = 0; i < digits; ++i) bound *= 10;
        return random.below(bound);
      };
      const std::uint64_t a = number(), b = number();
      Example example;
      example.text = std::to_string(a) + "+" + std::to_string(b);
      example.target = std::to_string(a + b);
      if (options_.reverse) example.text.assign(example.text.rbegin(), example.text.rend());
      return example;
    });
  }

 private:
  Options options_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "addition", "1.0.0", Addition)
