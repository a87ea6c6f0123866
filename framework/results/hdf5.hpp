// The only door to HDF5: files of named arrays, read with suspicion and written reproducibly.
//
// Safe from any thread: the library is not, so every call holds one lock. Everything that fails
// throws Error(data) with the file's name, what was attempted and HDF5's own innermost reason.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <unroll/core/archive.hpp>

namespace unroll {

/// An open HDF5 file. Paths inside it are written without a leading slash; "" is the root.
///
/// Reading refuses what a file of numbers needs not have and an attacker might want: soft and
/// external links, virtual and external storage, filters other than deflate and shuffle, plugins,
/// more than 100,000 objects, nesting beyond 32, and arrays larger than the file can account for.
class Hdf5File {
 public:
  /// Opens any HDF5 file for reading.
  static Hdf5File open(const std::filesystem::path& path);
  /// A new file in memory, to be written with `bytes()`; its first `user_block` bytes (0 or a
  /// power of two from 512) are left zero for the caller. `content` is how many bytes it will hold
  /// or so. Throws std::bad_alloc unless there is memory for all of it: HDF5 1.10 itself does not
  /// survive that memory ends.
  static Hdf5File create(std::string name, std::uint64_t user_block = 0, std::uint64_t content = 0);

  Hdf5File(Hdf5File&& other) noexcept;
  Hdf5File& operator=(Hdf5File&& other) noexcept;
  ~Hdf5File();

  /// Is there a dataset or group of this name?
  bool has(std::string_view path) const;
  /// One dataset with its attributes as text. Integers of other widths arrive in the next wider
  /// type of Array, half precision as float, fixed strings as strings.
  Array read(std::string_view path) const;
  /// Every dataset at or below a group; names are relative to it. A missing group is empty.
  Archive read_all(std::string_view group = {}) const;
  /// The attributes of a group or dataset with their types (those of exotic types left out).
  Archive attributes(std::string_view path = {}) const;
  /// Names of what is directly inside a group, sorted. A missing group has none.
  std::vector<std::string> children(std::string_view group) const;

  /// Adds a dataset, its attributes as UTF-8 text and the groups above it. `extendible` makes the
  /// first dimension unlimited, in chunks, so that other programs may append. Strings that hold
  /// NUL or are not UTF-8 are stored with backslash escapes and an attribute that says so.
  void write(std::string_view path, const Array& array, bool extendible = false);
  /// Adds every entry of an archive below a group, which is made even if the archive is empty.
  void write_all(std::string_view group, const Archive& archive);
  /// Adds attributes to a group or dataset; a missing group is made.
  void write_attributes(std::string_view path, const Archive& attributes);

  /// The complete file, user block included. Equal content gives equal bytes (no times inside).
  std::string bytes() const;

 private:
  Hdf5File(std::int64_t id, std::string name, std::uint64_t user_block, std::uint64_t size);
  std::int64_t open_object(std::string_view path) const;
  void make_group(std::string_view path);
  void collect(std::int64_t group, const std::string& prefix, int depth, std::size_t& seen,
               Archive& found) const;
  void close() noexcept;

  std::int64_t id_ = -1;
  std::string name_;
  std::uint64_t user_block_ = 0;
  std::uint64_t size_ = 0;  ///< bytes of the file being read; bounds what its arrays may hold
};

/// Every dataset of a HDF5 file, by path without the leading slash.
Archive read_hdf5(const std::filesystem::path& path);
/// One dataset of a HDF5 file.
Array read_hdf5(const std::filesystem::path& path, std::string_view dataset);

/// The numbers of an array in the wanted type; throws Error(data) if it holds text.
std::vector<float> as_floats(const Array& array);
std::vector<double> as_doubles(const Array& array);
std::vector<std::int64_t> as_integers(const Array& array);

}  // namespace unroll
