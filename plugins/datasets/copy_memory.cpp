// The copy memory task (Hochreiter and Schmidhuber 1997; in this form Arjovsky et al. 2016,
// arXiv 1511.06464): remember a few symbols over a long blank.
//
//   text    s_1 … s_S  -  …  -  :  -  …  -        S symbols, `delay` blanks, a sign, S - 1 blanks
//   target  -   …  …   …  …  -  s_1  …  s_S
//
// A model without memory has at best S ln(8) / (delay + 2 S) nats a token for 8 symbols.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

class CopyMemory final : public Dataset {
 public:
  struct Options : SyntheticOptions {
    std::int64_t symbols = 10;
    std::int64_t alphabet = 8;
    std::int64_t delay = 100;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("copy memory: say again, after a long blank, the symbols of the beginning");
    schema.option("symbols", &Options::symbols, "to remember, S").range(1, 1000);
    schema.option("alphabet", &Options::alphabet, "different symbols").range(2, 26);
    schema.option("delay", &Options::delay, "blanks between the symbols and the sign").at_least(1);
    SyntheticOptions::describe_all(schema);
  }
  explicit CopyMemory(const Options& options) : options_(options) {}

  Splits load() override {
    Fields fields;
    fields.text = fields.target = true;
    return make_splits(options_, fields, [this](RandomStream& random, const std::string&) {
      const auto count = static_cast<std::size_t>(options_.symbols);
      const auto delay = static_cast<std::size_t>(options_.delay);
      std::string symbols;
      for (std::size_t i = 0; i < count; ++i)
        symbols +=
            static_cast<char>('a' + random.below(static_cast<std::uint64_t>(options_.alphabet)));
      Example example;
      example.text = symbols + std::string(delay, '-') + ":" + std::string(count - 1, '-');
      example.target = std::string(count + delay, '-') + symbols;
      return example;
    });
  }

 private:
  Options options_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "copy_memory", "1.0.0", CopyMemory)
