// A constructor of static storage that aborts while the library is loaded.
#include "../trivial_sampler.hpp"

#include <cstdlib>

namespace {

struct Table {
  Table() { std::abort(); }
};
const Table table;

}  // namespace

UNROLL_PLUGIN(sampler, "fatal", "1.0.0", TrivialSampler)
