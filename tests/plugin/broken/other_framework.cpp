// The same ABI number, but a later version of the framework.
#include "../trivial_sampler.hpp"

#undef UNROLL_FRAMEWORK_VERSION
#define UNROLL_FRAMEWORK_VERSION "0.99.0"

UNROLL_PLUGIN(sampler, "tomorrow", "1.0.0", TrivialSampler)
