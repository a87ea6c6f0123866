// NPY: one array as numpy.load reads it
// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0).
#pragma once

#include <string>
#include <string_view>

#include <unroll/core/archive.hpp>

namespace unroll {

/// Numbers in little-endian and C order. Texts are no NPY array here: see `bytes_as_array`.
std::string to_npy(const Array& array);

/// A text as an array of its bytes: NumPy's own texts take four bytes a character and drop NULs at
/// their end. In Python: `array.tobytes().decode()`.
Array bytes_as_array(std::string_view text);
/// The inverse; empty for an array of another type.
std::string array_as_bytes(const Array& array);

}  // namespace unroll
