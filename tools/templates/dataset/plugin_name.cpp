// Latching (Bengio, Simard and Frasconi 1994, "Learning long-term dependencies with gradient
// descent is difficult"): the first letter of a text is its class, all others are noise.
//
//   text   a c d c c d …        label  a
//   text   b d d c d c …        label  b
//
// A model that forgets the beginning is right half of the time.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class PluginName final : public Dataset {
 public:
  struct Options : SyntheticOptions {
    std::int64_t length = 30;
  };

  static void describe(Schema<Options>& schema) {
    schema.summary("latching: the first letter of a noisy text is its class");
    schema.option("length", &Options::length, "letters of a text").range(12, 100000);
    SyntheticOptions::describe_all(schema);
  }

  explicit PluginName(const Options& options) : options_(options) {}

  // make_splits calls this for every example, from a random stream of its split's own, and sees to
  // it that no text stands in two splits. A dataset that reads files fills `Splits` itself.
  Splits load() override {
    Fields fields;
    fields.text = fields.label = true;
    return make_splits(options_, fields, [this](RandomStream& random, const std::string&) {
      Example example;
      example.text += random.below(2) == 0 ? 'a' : 'b';
      example.label = example.text;
      for (std::int64_t i = 1; i < options_.length; ++i)
        example.text += random.below(2) == 0 ? 'c' : 'd';
      return example;
    });
  }

 private:
  Options options_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "plugin_name", "0.1.0", PluginName)
