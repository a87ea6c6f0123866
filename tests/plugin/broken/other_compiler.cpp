// Built with a compiler of another name.
#include "../trivial_sampler.hpp"

#undef UNROLL_COMPILER
#define UNROLL_COMPILER "cfront 3"

UNROLL_PLUGIN(sampler, "foreign", "1.0.0", TrivialSampler)
