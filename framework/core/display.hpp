// Text in a terminal: how wide it is there, cut to a width, without control characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unroll {

/// Columns that a line takes in a terminal: two for wide characters (UAX #11) and emoji, none for
/// combining marks. Control characters count nothing: take them out first.
std::size_t display_width(std::string_view text);

/// The text if it fits, else as many of its graphemes as fit before an ellipsis.
std::string cut_to_width(std::string_view text, std::size_t width);

/// The text and spaces up to the width, in front of it (right) or behind it.
std::string padded(std::string_view text, std::size_t width, bool right = false);

/// Control characters made visible, so that a sample or a file cannot steer the terminal; line
/// feeds and tabs stay.
std::string printable(std::string_view text);
/// The same on one line: line feeds and tabs become spaces.
std::string printable_line(std::string_view text);

}  // namespace unroll
