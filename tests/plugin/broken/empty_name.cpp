// Has no name.
#include "../trivial_sampler.hpp"

UNROLL_PLUGIN(sampler, "", "1.0.0", TrivialSampler)
