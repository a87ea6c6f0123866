// The same ABI number, but another version of the framework.
#include "../trivial_sampler.hpp"

#undef UNROLL_FRAMEWORK_VERSION
#define UNROLL_FRAMEWORK_VERSION "0.0.9"

UNROLL_PLUGIN(sampler, "yesterday", "1.0.0", TrivialSampler)
