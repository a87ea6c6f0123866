// Needs a function that nobody has; linked as a careless build would.
#include "../trivial_sampler.hpp"

unroll::TokenId function_nobody_defined();

namespace {

struct Needy final : TrivialSampler {
  using TrivialSampler::TrivialSampler;
  unroll::TokenId choose(std::span<const float>, unroll::RandomStream&) override {
    return function_nobody_defined();
  }
};

}  // namespace

UNROLL_PLUGIN(sampler, "needy", "1.0.0", Needy)
