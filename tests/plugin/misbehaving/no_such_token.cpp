// Chooses a token that there is not.
#include "../trivial_sampler.hpp"

namespace {

struct Misbehaving final : TrivialSampler {
  using TrivialSampler::TrivialSampler;
  unroll::TokenId choose(std::span<const float> logits, unroll::RandomStream&) override {
    return static_cast<unroll::TokenId>(logits.size());
  }
};

}  // namespace

UNROLL_PLUGIN(sampler, "no_such_token", "1.0.0", Misbehaving)
