// Moving what one archive holds into another.
#pragma once

#include <string_view>

#include <unroll/core/archive.hpp>

namespace unroll {

/// Adds everything of `from` under `prefix/`, as Archive::merge does, but moves the arrays: of an
/// optimizer's moments a copy is as large as the model. `from` is left with empty arrays.
void splice(Archive& into, std::string_view prefix, Archive&& from);

}  // namespace unroll
