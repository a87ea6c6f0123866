// A search that keeps no text.
#include "../trivial_sampler.hpp"

namespace {

struct Misbehaving final : TrivialSampler {
  using TrivialSampler::TrivialSampler;
  std::int64_t width() const override { return 0; }
};

}  // namespace

UNROLL_PLUGIN(sampler, "no_width", "1.0.0", Misbehaving)
