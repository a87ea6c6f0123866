// Its describe() throws.
#include "../trivial_sampler.hpp"

#include <stdexcept>

namespace {

struct Shy final : TrivialSampler {
  using TrivialSampler::TrivialSampler;
  static void describe(unroll::Schema<Options>&) { throw std::logic_error("no words"); }
};

}  // namespace

UNROLL_PLUGIN(sampler, "shy", "1.0.0", Shy)
