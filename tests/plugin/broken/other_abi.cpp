// Built against an Unroll to come.
#include "../trivial_sampler.hpp"

#undef UNROLL_PLUGIN_ABI
#undef UNROLL_FRAMEWORK_VERSION
#define UNROLL_PLUGIN_ABI 999
#define UNROLL_FRAMEWORK_VERSION "99.0.0"

UNROLL_PLUGIN(sampler, "future", "1.0.0", TrivialSampler)
