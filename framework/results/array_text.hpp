// Texts in HDF5 files: how those that HDF5 cannot hold are written, and values as a person reads
// them.
#pragma once

#include <string>

#include <unroll/core/archive.hpp>

namespace unroll::detail {

/// The attribute that marks a data set of escaped strings.
inline constexpr const char* kEscaped = "escaped";

/// NUL, backslashes and bytes beyond ASCII as "\xHH" and "\\".
std::string escape_text(const std::string& text);
/// The inverse. Throws Error(data) in the name of a file and a place in it.
std::string unescape_text(const std::string& text, const std::string& file,
                          const std::string& where);

/// "1, 2, 3".
std::string values_as_text(const Array& array);

/// What reading a dataset ends with: its attributes become text, escaped strings what they mean.
void finish_dataset(Array& array, const Archive& attributes, const std::string& file,
                    const std::string& where);

}  // namespace unroll::detail
