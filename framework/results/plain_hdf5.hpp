// Reads what Hdf5File writes without the HDF5 library: version 1.10 of that crashes at one of a
// hundred damaged files, and takes longer. It is the part of the format that run files use: version
// 1 object headers, groups of version 2, six types of values, arrays in one piece or in chunks of
// rows, nothing compressed. Anything else is refused.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/core/archive.hpp>

namespace unroll {

/// Paths are written without a leading slash; "" is the root. Everything throws Error(data) for
/// what is damaged. Memory and time are bounded by the size of the file. Not for several threads at
/// once.
class PlainHdf5 {
 public:
  /// Of a file in memory, whose first `user_block` bytes are its writer's. They must outlive it.
  /// `name` is used in messages.
  PlainHdf5(std::string_view bytes, std::string name, std::uint64_t user_block = 0);
  PlainHdf5(PlainHdf5&&) noexcept;
  ~PlainHdf5();

  /// Is there a dataset or group of this name?
  bool has(std::string_view path) const;
  /// One dataset with its attributes as text.
  Array read(std::string_view path) const;
  /// Every dataset at or below a group; names are relative to it. A missing group is empty.
  Archive read_all(std::string_view group = {}) const;
  /// The attributes of a group or dataset with their types.
  Archive attributes(std::string_view path = {}) const;
  /// Names of what is directly inside a group, sorted. A missing group has none.
  std::vector<std::string> children(std::string_view group) const;

 private:
  struct File;
  std::unique_ptr<File> file_;
};

}  // namespace unroll
