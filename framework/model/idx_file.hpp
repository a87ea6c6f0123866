// IDX files: arrays of bytes, as MNIST and its followers are published
// (LeCun et al. 1998, yann.lecun.com/exdb/mnist).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace unroll {

struct IdxFile {
  std::vector<std::int64_t> shape;  ///< the first dimension counts the items
  std::string bytes;                ///< row-major

  std::int64_t items() const { return shape.front(); }
  std::int64_t item_bytes() const;
};

/// Throws Error(data) naming the file: not IDX, not of bytes, truncated, too long.
IdxFile read_idx(const std::filesystem::path& path);

}  // namespace unroll
