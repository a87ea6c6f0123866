#include <unroll/core/error.hpp>
#include <unroll/model/architecture.hpp>

namespace unroll {

void Decoder::begin(const Batch& /*given*/) {
  reset();
}

void Decoder::reorder(std::span<const std::int32_t> /*from*/) {
  fail(Failure::usage, "this architecture's decoder cannot search: it does not reorder sequences");
}

std::unique_ptr<Decoder> Architecture::decoder(std::int64_t /*sequences*/) {
  return nullptr;
}

void Architecture::count(const Batch& /*batch*/) {
  fail(Failure::plugin, "this architecture says that it counts, but has no count() of its own");
}

}  // namespace unroll
