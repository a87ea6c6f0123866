// A constructor of static storage that ends the program while the library is loaded.
#include "../trivial_sampler.hpp"

#include <cstdlib>

namespace {

struct Table {
  Table() { std::_Exit(3); }
};
const Table table;

}  // namespace

UNROLL_PLUGIN(sampler, "quitter", "1.0.0", TrivialSampler)
