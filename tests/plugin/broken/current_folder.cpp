// Sound, but linked so that the loader would search whatever folder is the current one.
#include "../trivial_sampler.hpp"

UNROLL_PLUGIN(sampler, "wanderer", "1.0.0", TrivialSampler)
