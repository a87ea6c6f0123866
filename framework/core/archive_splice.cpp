#include <unroll/core/archive_splice.hpp>

#include <fmt/format.h>

#include <utility>

namespace unroll {

void splice(Archive& into, std::string_view prefix, Archive&& from) {
  for (const auto& [name, array] : from.entries())
    // `from` itself is no constant, so that its arrays may be changed, and nobody looks at them
    // again.
    into.put(fmt::format("{}/{}", prefix, name), std::move(const_cast<Array&>(array)));
}

}  // namespace unroll
