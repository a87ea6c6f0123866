// A component's options as text: for a terminal, and as JSON for machines.
#pragma once

#include <string>
#include <string_view>

#include <unroll/config/schema.hpp>

namespace unroll {

/// "from 0 to 1", "at least 1", "above 0 and at most 1", "one of 'a', 'b'"; empty when anything
/// of the type will do.
std::string limits_text(const OptionDescription& option);

/// Whether a number keeps to them.
bool within_limits(double value, const OptionDescription& option);

/// The summary and an aligned table: option, type, default, limits, meaning. Options of nested
/// maps follow theirs with dotted names.
std::string describe_text(const Description& description);

/// What a summary names as the work it follows, by convention in brackets with its year: of
/// "Minimal gated unit (Zhou et al. 2016)" it is "Zhou et al. 2016". Empty if it names none.
std::string paper_of(std::string_view summary);

/// {"summary": …, "paper": …, "options": [{"name", "type", "default", "required", "minimum",
/// "minimum_excluded", "maximum", "choices", "plugin_kind", "meaning", "options"}]}; `default` is
/// YAML text, or null when the option must be given; unset limits are left out, as is the paper of
/// a summary that names none.
std::string describe_json(const Description& description);

/// Reads what describe_json wrote, here or in another version: keys it does not know are passed
/// over. Throws Error(plugin) that says what is wrong, without naming a file.
Description description_of_json(std::string_view json);

/// `text` as a JSON string, quotes included.
std::string json_text(std::string_view text);

}  // namespace unroll
