// Compression of what a report holds. The only file that knows zlib.
#pragma once

#include <string>
#include <string_view>

namespace unroll::cli {

/// In zlib's format (RFC 1950), which browsers' DecompressionStream calls `deflate`.
std::string deflated(std::string_view bytes);

}  // namespace unroll::cli
