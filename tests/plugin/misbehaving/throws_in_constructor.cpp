// Its constructor throws.
#include "../trivial_sampler.hpp"

#include <stdexcept>

namespace {

struct Misbehaving final : TrivialSampler {
  explicit Misbehaving(const Options& options) : TrivialSampler(options) {
    throw std::runtime_error("the table of frequencies is missing");
  }
};

}  // namespace

UNROLL_PLUGIN(sampler, "throws_in_constructor", "1.0.0", Misbehaving)
