// Word segments of plain lines: those whose characters follow the short rules of UAX #29, without
// dictionaries, flags or joined emoji. The same segments as ICU's, found many times faster.
#pragma once

#include <string_view>

namespace unroll::detail {

/// Do the short rules suffice for all of this text? Most lines of scripts with spaces.
bool is_plain(std::string_view text);

/// Calls take(context, segment) for every word segment of a text that is plain.
void plain_segments(std::string_view text, void (*take)(void*, std::string_view), void* context);

}  // namespace unroll::detail
