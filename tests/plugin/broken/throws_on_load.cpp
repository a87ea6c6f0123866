// A constructor of static storage that throws while the library is loaded.
#include "../trivial_sampler.hpp"

#include <stdexcept>

namespace {

struct Table {
  Table() { throw std::runtime_error("the table of frequencies is missing"); }
};
const Table table;

}  // namespace

UNROLL_PLUGIN(sampler, "explosive", "1.0.0", TrivialSampler)
