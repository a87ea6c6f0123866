// Picture files: PNG (ISO/IEC 15948) and JPEG (ISO/IEC 10918).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace unroll {

struct Picture {
  std::vector<std::int64_t> shape;  ///< [colours, rows, columns]; 3 colours (red, green, blue) or 1
  std::string bytes;                ///< row-major in that order
};

/// Reads what the file holds and nothing else: never resized, never laid over a background. Throws
/// Error(data) naming the file, what is wrong and what to do: neither PNG nor JPEG, damaged, cut
/// short, with an alpha channel, a palette, 16 bits a colour, or the four colours of print.
Picture read_picture(const std::filesystem::path& path);

/// Is its name that of a picture: .png, .jpg or .jpeg, in either case?
bool is_picture_name(const std::filesystem::path& path);

/// The pictures of a folder, or those that fit a pattern like faces/*.png; sorted by name. Throws
/// Error(data) if there is none.
std::vector<std::filesystem::path> find_pictures(const std::string& folder_or_pattern);

}  // namespace unroll
