// The JSON Schema (draft-07, which editors know best) of an experiment file, made of the same
// descriptions that check it.
#pragma once

#include <string>
#include <vector>

#include <unroll/config/schema.hpp>

#include "json_output.hpp"

namespace unroll::cli {

/// What may be chosen where an option asks for a plugin of this kind.
struct Choosable {
  std::string kind, name;
  Description description;
};

/// It refuses unknown keys and names, wrong types and values out of range, and tells an editor what
/// each option is for and what it is by default. It accepts whatever `runexp` accepts; what no
/// schema can say (options that do not go together, missing files) is left to `runexp --dry-run`,
/// and so is whether an option is missing that an included file may bring.
Json schema_document(const Description& experiment, const std::vector<Choosable>& choices);

}  // namespace unroll::cli
