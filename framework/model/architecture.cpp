#include <unroll/core/error.hpp>
#include <unroll/model/architecture.hpp>

namespace unroll {

void Architecture::count(const Batch& /*batch*/) {
  fail(Failure::plugin, "this architecture says that it counts, but has no count() of its own");
}

}  // namespace unroll
