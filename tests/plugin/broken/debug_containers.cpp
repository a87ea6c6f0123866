// Built with containers of another layout.
#include "../trivial_sampler.hpp"

#undef UNROLL_GLIBCXX_DEBUG
#define UNROLL_GLIBCXX_DEBUG "yes"

UNROLL_PLUGIN(sampler, "fat", "1.0.0", TrivialSampler)
