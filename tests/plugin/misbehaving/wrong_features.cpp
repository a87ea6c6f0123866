// A dataset whose examples are not what it says they are.
#include <unroll/plugin.hpp>

namespace {

using namespace unroll;

struct Misbehaving final : Dataset {
  struct Options {};
  static void describe(Schema<Options>& schema) { schema.summary("promises 3 features, gives 2"); }
  explicit Misbehaving(const Options&) {}
  Splits load() override {
    Splits splits;
    splits.fields.features = {3};
    splits.fields.label = true;
    splits.split_name = "made";
    for (int i = 0; i < 20; ++i) {
      Example example;
      example.label = i % 2 == 0 ? "even" : "odd";
      example.features = {1, 2};
      splits.train.push_back(example);
    }
    splits.validation = splits.train;
    return splits;
  }
};

}  // namespace

UNROLL_PLUGIN(dataset, "wrong_features", "1.0.0", Misbehaving)
