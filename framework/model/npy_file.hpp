// NPY files: one array of numbers, as numpy.save writes it
// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <unroll/core/archive.hpp>

namespace unroll {

/// Formats 1.0 to 3.0; numbers f4, f8, i1, i2, i4, i8 and u1 in little-endian and C order. Integers
/// arrive in the next wider type of Array. Throws Error(data) naming the file and what it is
/// instead: big-endian, in Fortran order, of Python objects (whose reading could run code),
/// structured, of other numbers, truncated, too long.
Array read_npy(const std::filesystem::path& path);
/// The same of a file's content; messages call it `file`.
Array npy_from_bytes(std::string_view content, const std::string& file);

}  // namespace unroll
