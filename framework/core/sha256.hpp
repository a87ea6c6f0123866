// SHA-256 (FIPS 180-4) of texts and files, by OpenSSL.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace unroll {

/// 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

/// The same of a file's content, read in pieces. Throws Error(data) if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace unroll
