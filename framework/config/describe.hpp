// A component's options as text: for a terminal, and as JSON for machines.
#pragma once

#include <string>

#include <unroll/config/schema.hpp>

namespace unroll {

/// "from 0 to 1", "at least 1", "above 0 and at most 1", "one of 'a', 'b'"; empty when anything
/// of the type will do.
std::string limits_text(const OptionDescription& option);

/// The summary and an aligned table: option, type, default, limits, meaning. Options of nested
/// maps follow theirs with dotted names.
std::string describe_text(const Description& description);

/// {"summary": …, "options": [{"name", "type", "default", "required", "minimum",
/// "minimum_excluded", "maximum", "choices", "plugin_kind", "meaning", "options"}]}; `default` is
/// YAML text, or null when the option must be given; unset limits are left out.
std::string describe_json(const Description& description);

/// `text` as a JSON string, quotes included.
std::string json_text(std::string_view text);

}  // namespace unroll
