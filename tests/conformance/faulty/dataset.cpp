// Words of three letters and whether the first is a vowel, with the fault that its option names.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

RandomStream of_all(1, "of all datasets");

class Faulty final : public Dataset {
 public:
  struct Options {
    std::string fault = "none";
    std::uint64_t data_seed = 1;
    std::int64_t shortest = 3;
  };
  static void describe(Schema<Options>& schema) {
    schema.summary("breaks the contract that it is told to");
    schema.option("fault", &Options::fault, "what is wrong")
        .choices({"none", "fields", "text", "random", "unseeded", "overlaps", "label", "letters",
                  "extreme"});
    schema.option("data_seed", &Options::data_seed, "of the words");
    schema.option("shortest", &Options::shortest, "letters of a word").range(0, 8);
  }
  explicit Faulty(const Options& options) : options_(options) {}

  Splits load() override {
    Splits splits;
    splits.fields.text = splits.fields.label = true;
    splits.split_name = "made";
    RandomStream own(is("unseeded") ? 1 : options_.data_seed, "words");
    fill(splits.train, "x", 30, own);
    fill(splits.validation, is("overlaps") ? "x" : "y", 10, own);
    fill(splits.test, "z", 10, own);
    if (is("overlaps")) splits.validation[3].text = splits.train[5].text;
    if (is("label")) splits.test[2].label = "unheard of";
    if (is("letters")) splits.test[2].text += "\u00E9";
    if (is("fields")) splits.train[4].values = {1};
    if (is("text")) splits.validation[1].text = "\xFF";
    return splits;
  }

 private:
  bool is(std::string_view fault) const { return options_.fault == fault; }

  /// Each split ends its words in a letter of its own, which all of them have elsewhere too.
  void fill(std::vector<Example>& split, const std::string& mark, int count, RandomStream& own) {
    RandomStream& random = is("random") ? of_all : own;
    std::int64_t length = options_.shortest;
    if (is("extreme") && length == 0) fail(Failure::run, "a word of no letters");
    length = std::max<std::int64_t>(length, 1);
    for (int i = 0; i < count; ++i) {
      Example example;
      if (i == 0) example.text.append("aexyz");
      for (std::int64_t k = 0; k < length; ++k) example.text += "aeuxyz"[random.below(6)];
      example.label = std::string("aeu").find(example.text[0]) == std::string::npos ? "no" : "yes";
      example.text += mark + std::to_string(i);
      example.origin = mark + " " + std::to_string(i);
      split.push_back(example);
    }
  }

  Options options_;
};

}  // namespace

UNROLL_PLUGIN(dataset, "faults", "1.0.0", Faulty)
