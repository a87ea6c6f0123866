// Describes two options of one name.
#include "../trivial_sampler.hpp"

namespace {

struct Stutterer final : TrivialSampler {
  struct Options {
    int first = 0, second = 0;
  };
  static void describe(unroll::Schema<Options>& schema) {
    schema.option("number", &Options::first, "one");
    schema.option("number", &Options::second, "another");
  }
  explicit Stutterer(const Options&) : TrivialSampler(TrivialSampler::Options{}) {}
};

}  // namespace

UNROLL_PLUGIN(sampler, "stutterer", "1.0.0", Stutterer)
